"""What a generator of requests found: no address, however odd, makes an unexpected error."""

import pytest
from tests.web.web_portal import HTML, Client


@pytest.mark.parametrize(
    "path",
    [
        "/datasets?category=%F1%AE%8D%9D%27&theme=TRAN",
        "/datasets?license=%00&format=x&access=y&publisher=z",
        "/oembed?format=AAA&url=",
    ],
)
def test_odd_values_are_answered(client: Client, path: str) -> None:
    assert client.get(path, headers=HTML).status_code < 500


@pytest.mark.parametrize("path", ["/healthz", "/webhooks", "/embed/bikes/chart", "/admin", "/"])
def test_options_tell_methods_and_nothing_else(client: Client, path: str) -> None:
    answer = client.options(path)
    assert answer.status_code == 204
    assert not answer.content
    assert "GET" in answer.headers["allow"]
