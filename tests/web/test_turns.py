"""Long questions do not keep pages from being answered."""

import os
import threading
import time
from pathlib import Path

import pytest

from citycommons.core.errors import Unavailable
from citycommons.web import turns
from citycommons.web.writing import forget_uploads


def test_when_all_turns_are_taken_the_next_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0.05)
    busy, done = threading.Barrier(turns.LONG + 1), threading.Event()

    def asks() -> None:
        with turns.long_turn():
            busy.wait()
            done.wait()

    askers = [threading.Thread(target=asks) for _ in range(turns.LONG)]
    for one in askers:
        one.start()
    busy.wait()
    with pytest.raises(Unavailable, match="Ask again"), turns.long_turn():
        pass
    done.set()
    for one in askers:
        one.join()
    with turns.long_turn():
        assert True


def test_a_turn_is_given_back_after_an_error() -> None:
    for _ in range(turns.LONG + 2):
        with pytest.raises(ValueError, match="wrong"), turns.long_turn():
            raise ValueError("wrong")


def test_uploads_of_a_killed_process_are_swept_after_a_day(tmp_path: Path) -> None:
    old, new = tmp_path / "incoming" / "upload-a", tmp_path / "incoming" / "upload-b"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x")
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    forget_uploads(tmp_path)
    assert not old.exists()
    assert new.exists()
