"""When all long questions are taken, the next one is told so, and pages go on being answered."""

from contextlib import ExitStack

import pytest
from tests.web.web_portal import Portal

from citycommons.web import turns


@pytest.mark.parametrize("path", ["/reports/dsr?begin_date=2026-07", "/usage", "/value.pdf"])
def test_who_asks_a_long_question_of_a_busy_portal_is_told_so(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0.01)
    client = portal.client()
    with ExitStack() as stack:
        for _ in range(turns.LONG):
            stack.enter_context(turns.long_turn())
        assert client.get(path).status_code == 503
        assert client.get("/healthz").status_code == 200
        assert client.get("/publishers").status_code == 200
    assert client.get(path).status_code == 200
