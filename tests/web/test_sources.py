"""Sources at the desk: chosen, tried, saved, watched, rested, taken away and brought back."""

import re
from pathlib import Path

import pytest
from tests.web.web_portal import JSON, PARKS, ROADS, Client, Portal

from citycommons.collect import sources
from citycommons.core.types import SYSTEM, Actor, Fault, Grant, Role, SourceId
from citycommons.share import arrive
from citycommons.store import catalogue
from citycommons.web.sources import trying


@pytest.fixture
def stella(portal: Portal) -> Actor:
    return portal.actor("stella", Grant(role=Role.DATA_MANAGER, publisher=ROADS))


@pytest.fixture
def desk(portal: Portal, stella: Actor) -> Client:
    return portal.browser(stella)


@pytest.fixture
def inbox(portal: Portal) -> Path:
    folder = portal.city.settings.home / "inbox" / "roads"
    folder.mkdir(parents=True)
    return folder


def given(inbox: Path, **more: str) -> dict[str, str]:
    return {
        "connector": "folder",
        "option-folder": str(inbox),
        "option-settle_s": "0",
        "title": "Counts of the office",
        "every": "P1D",
        "offset": "PT3H",
        "publisher": "roads",
        "dataset": "counts",
        "mode": "replace",
        "license": "CC0-1.0",
        **more,
    }


def test_no_source_yet_invites_to_add_one(desk: Client) -> None:
    page = desk.get("/desk/sources")
    assert "Nothing comes by itself yet." in page.text
    assert 'href="/desk/sources/new"' in page.text


def test_every_connector_is_offered_in_plain_words_and_has_a_form(desk: Client) -> None:
    page = desk.get("/desk/sources/new").text
    offered = re.findall(r'/desk/sources/new\?connector=([\w-]+)"', page)
    assert {"web", "folder", "form", "ckan", "dcat"} <= set(offered)
    assert not {"ideal", "mirror"} & set(offered)
    for name in offered:
        found = desk.get("/desk/sources/new", params={"connector": name})
        assert found.status_code == 200, name
        assert f'name="connector" value="{name}"' in found.text, name


def test_a_source_is_tried_saved_and_brings_what_it_has(
    portal: Portal, desk: Client, inbox: Path
) -> None:
    (inbox / "may.csv").write_text("id,street,count\n1,Street 1,5\n2,Street 2,6\n")
    tried = desk.post("/desk/sources", data=given(inbox, go="try"))
    assert "This is what comes:" in tried.text
    assert "may.csv" in tried.text
    assert "id, street, count" in tried.text
    assert 'value="Counts of the office"' in tried.text
    with portal.city.work(SYSTEM) as work:
        assert sources.find(work) == ()
    page = desk.post("/desk/sources", data=given(inbox, go="save"))
    assert page.url.path == "/desk/sources/counts-of-the-office"
    run = arrive.run_due(portal.city)
    assert run is not None
    page = desk.get("/desk/sources/counts-of-the-office")
    assert run.message.split(".")[0] in page.text.replace("&#34;", '"')
    listed = desk.get("/desk/sources").text
    assert "Counts of the office" in listed
    assert "every day" in listed
    assert desk.get("/desk/sources?q=nothing").text.count("No source is like that.") == 1


def test_an_address_inside_the_network_is_refused_in_words(portal: Portal, desk: Client) -> None:
    page = desk.post(
        "/desk/sources",
        data={
            "connector": "web", "option-url": "http://127.0.0.1:9/x.csv", "title": "Inside",
            "every": "P1D", "publisher": "roads", "dataset": "counts", "go": "try",
        },
    )  # fmt: skip
    assert page.status_code == 403
    assert "allow_hosts" in page.text
    assert 'value="http://127.0.0.1:9/x.csv"' in page.text


def test_a_folder_outside_those_that_may_be_read_is_refused(desk: Client, inbox: Path) -> None:
    page = desk.post("/desk/sources", data=given(Path("/etc"), go="try"))
    assert page.status_code == 403
    assert "passwd" not in page.text


def test_the_folder_of_another_publisher_is_neither_tried_nor_saved(
    portal: Portal, desk: Client, inbox: Path
) -> None:
    other = inbox.parent / "parks"
    other.mkdir()
    (other / "staff.csv").write_text("name,pay\nAda Lovelace,9\n")
    for go in ("try", "save"):
        page = desk.post("/desk/sources", data=given(other, go=go))
        assert page.status_code == 403
        assert "Lovelace" not in page.text
    whole = portal.browser(portal.actor("anna", Grant(role=Role.ADMINISTRATOR)))
    assert "Lovelace" not in desk.get("/desk/sources").text
    assert whole.post("/desk/sources", data=given(other, go="try")).status_code == 200


def test_what_hangs_is_not_waited_for(
    portal: Portal, desk: Client, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    let_go = threading.Event()
    monkeypatch.setattr(trying, "_tried", lambda *_: let_go.wait(30))
    monkeypatch.setattr(trying, "SECONDS", 0.1)
    with pytest.raises(Exception, match="Nothing came within"):
        trying.try_it(portal.city, None, seconds=0.01)  # type: ignore[arg-type]
    let_go.set()


def test_a_missing_option_and_a_password_in_the_open_are_told_where_they_are(
    desk: Client, inbox: Path
) -> None:
    page = desk.post("/desk/sources", data=given(inbox, **{"option-folder": ""}))
    assert page.status_code == 422
    assert 'aria-describedby="wrong-folder"' in page.text
    page = desk.post(
        "/desk/sources",
        data={
            "connector": "web", "option-url": "https://data.example/x.csv", "title": "Web",
            "option-headers": "Authorization: Bearer abc", "every": "P1D", "publisher": "roads",
            "dataset": "counts",
        },
    )  # fmt: skip
    assert page.status_code == 422
    assert "secrets.toml" in page.text


def test_a_source_rests_runs_again_goes_and_comes_back(
    portal: Portal, desk: Client, inbox: Path
) -> None:
    desk.post("/desk/sources", data=given(inbox))
    here = "/desk/sources/counts-of-the-office"
    assert "paused" in desk.post(f"{here}/pause").text
    assert desk.post(f"{here}/run").status_code == 409
    assert "Run it now" in desk.post(f"{here}/resume").text
    assert "within a few seconds" in desk.post(f"{here}/run").text
    page = desk.post(f"{here}/change", data=given(inbox, title="Counts, daily", every="P1W"))
    assert "Counts, daily" in page.text
    assert "every week" in page.text
    gone = desk.post(f"{here}/remove")
    assert "Bring it back" in gone.text
    assert desk.get(here).status_code == 404
    assert "Counts, daily" in desk.post(f"{here}/restore").text


def test_programs_get_the_same_as_json_without_secrets(
    portal: Portal, desk: Client, inbox: Path
) -> None:
    desk.post("/desk/sources", data=given(inbox))
    found = desk.get("/desk/sources.json").json()["sources"]
    assert [one["source"]["id"] for one in found] == ["counts-of-the-office"]
    assert found[0]["health"] == "new"
    one = desk.get("/desk/sources/counts-of-the-office", headers=JSON).json()
    assert one["runs"] == []
    assert one["source"]["every"] == "P1D"


def test_nobody_sees_or_touches_the_sources_of_another_publisher(
    portal: Portal, desk: Client, inbox: Path
) -> None:
    desk.post("/desk/sources", data=given(inbox))
    other = portal.browser(portal.actor("petra", Grant(role=Role.DATA_MANAGER, publisher=PARKS)))
    assert "Counts of the office" not in other.get("/desk/sources").text
    for act in ("", "/change"):
        assert other.get(f"/desk/sources/counts-of-the-office{act}").status_code == 403
    for act in ("run", "pause", "remove", "restore"):
        assert other.post(f"/desk/sources/counts-of-the-office/{act}").status_code == 403
    assert other.post("/desk/sources", data=given(inbox)).status_code in (403, 422)


def test_a_source_that_fails_is_a_task_at_the_desk_and_says_what_is_wrong(
    portal: Portal, desk: Client, inbox: Path
) -> None:
    missing = inbox / "not-there"
    desk.post("/desk/sources", data=given(missing))
    assert arrive.run_due(portal.city)
    said = desk.get("/desk").text
    assert "failed" in said
    assert "There is no folder" in said
    page = desk.get("/desk/sources/counts-of-the-office").text
    assert "There is no folder" in page
    assert "1 of them" in (listed := desk.get("/desk/sources").text) or "One of them" in listed


def test_what_went_wrong_in_a_run_is_paged(
    portal: Portal, desk: Client, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.post("/desk/sources", data=given(inbox))
    arrive.run_due(portal.city)
    from citycommons.store import sources as rows

    with portal.city.work(SYSTEM) as work:
        run = sources.runs(work, SourceId("counts-of-the-office"))[0]
        faults = tuple(
            Fault(rule="record", message=f"Record {n} cannot be read.", value=f"r-{n}")
            for n in range(120)
        )
        import dataclasses

        rows.save_run(work.db, dataclasses.replace(run, faults=faults))
    page = desk.get("/desk/sources/counts-of-the-office").text
    assert "120 things went wrong" in page
    assert "Record 3 cannot be read." in page
    assert "Record 110" not in page
    assert "Record 110" in desk.get("/desk/sources/counts-of-the-office?faults=3").text


def test_the_next_version_is_offered_where_one_was_published(portal: Portal, desk: Client) -> None:
    with portal.city.work(SYSTEM) as work:
        number = catalogue.versions(work.db, "counts")[0].number  # type: ignore[arg-type]
    page = desk.get(f"/desk/datasets/counts/published/{number}").text
    assert "/desk/sources/new?dataset=counts" in page
    page = desk.get("/desk/sources/new?dataset=counts").text
    assert "Let the next one arrive by itself" in page
    assert "Whole catalogues" not in page
