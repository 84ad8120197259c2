"""What the door answers itself is, to the letter, what the framework would have answered."""

import pytest
from litestar import get, post
from tests.web.web_portal import HTML, Client, Portal

from citycommons.govern.access import Action
from citycommons.web import door
from citycommons.web.direct import direct_of
from citycommons.web.security import May

ADDRESSES = [
    "/datasets/counts/features?bbox=7.6,51.8,7.65,52&limit=3",
    "/datasets/counts/features?limit=0",
    "/datasets/counts@1/features",
    "/ogc/collections/counts/items?bbox=7.6,51.8,7.65,52&limit=3&offset=2",
    "/ogc/collections/counts/items?street=Street%203&limit=2",
    "/ogc/collections/counts/items?filter=count%20%3E%2050&limit=2",
    "/ogc/collections/counts/items/5",
    "/tiles/counts@1/14/8538/5405.mvt",
    "/tiles/counts@1/14/0/0.mvt",
    # Refused, wrong, or not there.
    "/datasets/counts/features?bbox=1,2",
    "/datasets/none/features",
    "/datasets/drafts/features",
    "/ogc/collections/counts/items?nope=1",
    "/ogc/collections/counts/items/99999",
    "/ogc/collections/drafts/items",
    "/ogc/collections/counts/items?f=html",
    "/tiles/none@1/14/0/0.mvt",
    "/tiles/counts@1/99/0/0.mvt",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("headers", [{}, HTML, {"accept-encoding": "gzip"}])
def test_both_ways_give_the_same(client: Client, monkeypatch, address, headers) -> None:
    called: list[bool] = []
    answered = door.answered

    async def noted(*given) -> bool:
        called.append(await answered(*given))
        return called[-1]

    async def never(*_given) -> bool:
        return False

    client.get(address, headers=headers, follow_redirects=False)  # what is kept is kept now
    monkeypatch.setattr(door, "answered", noted)
    direct = client.get(address, headers=headers, follow_redirects=False)
    monkeypatch.setattr(door, "answered", never)
    plain = client.get(address, headers=headers, follow_redirects=False)
    assert called == [direct.status_code < 400]
    assert (direct.status_code, direct.content) == (plain.status_code, plain.content)
    left_out = {"content-type"} if not direct.content else set()
    told = [{k: v for k, v in one.headers.items() if k not in left_out} for one in (direct, plain)]
    assert told[0] == told[1]


def test_what_is_known_already_is_not_sent_again(client: Client) -> None:
    address = "/ogc/collections/counts/items/5"
    first = client.get(address)
    again = client.get(address, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(address).headers["content-length"] == str(len(first.content))


def test_what_the_guard_would_have_to_ask_about_cannot_be_direct(portal: Portal) -> None:
    from litestar import Router

    @get("/one", opt={"may": May.SIGNED_IN, "direct": True})
    async def one() -> str:
        return ""

    @post("/two", opt={"may": Action.READ, "direct": True})
    async def two() -> str:
        return ""

    for handler in (one, two):
        with pytest.raises(LookupError, match="past the guard"):
            direct_of(Router("/", route_handlers=[handler]).routes)
