"""The worker keeps vectors of entries up to date where the extra is installed, and only there."""

import threading

import pytest

from citycommons.jobs import errands
from citycommons.share import encoders, meaning
from citycommons.store.work import City


@pytest.mark.parametrize("is_installed", [True, False])
def test_a_worker_refreshes_what_entries_mean(
    city: City, monkeypatch: pytest.MonkeyPatch, is_installed: bool
) -> None:
    asked = threading.Event()
    monkeypatch.setattr(encoders, "is_installed", lambda: is_installed)
    monkeypatch.setattr(meaning, "refresh", lambda _city, _stopping: asked.set() or 0)
    with errands.running(city, threading.Event()):
        assert asked.wait(10 if is_installed else 0.3) == is_installed
