"""What waits is taken by one worker, the longest waiting first, and comes back if that one dies."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select

from citycommons.store import leases
from citycommons.store.proof_tables import notices, peers
from citycommons.store.work import City

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def peer(id: str, due: datetime | None) -> dict[str, object]:
    return {"id": id, "url": f"https://{id}.example", "due": due, "body": {}}


def test_the_one_that_is_due_longest_is_taken_once_and_comes_back_after_its_lease(any_city: City):
    rows = [peer("b", NOW), peer("a", NOW - timedelta(hours=1)), peer("later", NOW + timedelta(1))]
    with any_city.engine.begin() as db:
        db.execute(insert(peers), [*rows, peer("never", None)])
    taken = []
    for _ in range(3):
        with any_city.engine.begin() as db:
            is_any = leases.is_any(db, peers.c.due, NOW)
            row = leases.take(db, peers.c.due, peers.c.id, NOW, seconds=60)
            taken.append((is_any, row and row.id))
    assert taken == [(True, "a"), (True, "b"), (False, None)]
    with any_city.engine.begin() as db:
        again = leases.take(db, peers.c.due, peers.c.id, NOW + timedelta(seconds=61), seconds=60)
        assert again is not None
        assert again.id == "a"


def test_tries_are_counted_where_the_table_counts_them(any_city: City):
    with any_city.engine.begin() as db:
        one = {"id": "n", "received": NOW, "sender": "", "state": "waiting", "due": NOW, "body": {}}
        db.execute(insert(notices).values(**one))
        leases.take(db, notices.c.due, notices.c.id, NOW, seconds=60)
        assert db.scalar(select(notices.c.attempts)) == 1
