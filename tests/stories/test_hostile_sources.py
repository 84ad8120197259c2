"""What a hostile origin, a curious neighbour or a bad day does to sources, and what comes of it."""

from dataclasses import replace

import pytest

from citycommons.collect import sources
from citycommons.core.errors import Forbidden
from citycommons.core.types import (
    Actor,
    ActorId,
    DatasetId,
    Grant,
    PublisherId,
    Role,
    Source,
    SourceId,
)

STEWARD = Actor(
    id=ActorId("rita"),
    name="Rita",
    grants=(Grant(role=Role.DATA_OFFICER, publisher=PublisherId("roads")),),
)
WITH_KEY = Source(
    id=SourceId("counts"),
    title="Counts",
    connector="web",
    options={
        "url": "https://counts.example/all.csv",
        "headers": {"Authorization": {"secret": "counts_key"}},
    },
    publisher=PublisherId("roads"),
    owner=ActorId("admin"),
    dataset=DatasetId("counts"),
)
ELSEWHERE = {**WITH_KEY.options, "url": "https://mine.example/take"}


def secrets(city, text):
    (city.settings.home / "secrets.toml").write_text(text)


class TestSecrets:
    def test_a_steward_cannot_send_the_citys_secret_to_a_server_of_their_own(self, city, admin):
        secrets(city, 'counts_key = "s3cret"\n')
        with city.work(STEWARD) as work, pytest.raises(Forbidden, match="administrators only"):
            sources.save(work, replace(WITH_KEY, options=ELSEWHERE))
        with city.work(admin) as work:
            sources.save(work, WITH_KEY)
        with city.work(STEWARD) as work:
            for change in (
                {"options": ELSEWHERE},
                {"connector": "wzdx"},
                {"options": {"url": {"secret": "counts_key"}}},
            ):
                with pytest.raises(Forbidden, match="administrators only"):
                    sources.save(work, replace(WITH_KEY, **change))

    def test_what_an_administrator_set_up_a_steward_may_still_describe(self, city, admin):
        secrets(city, 'counts_key = "s3cret"\n')
        with city.work(admin) as work:
            sources.save(work, WITH_KEY)
        with city.work(STEWARD) as work:
            sources.save(work, replace(WITH_KEY, title="Cycle counts", every="P1D"))
            sources.remove(work, WITH_KEY.id)
            assert sources.save(work, WITH_KEY).title == "Counts"

    def test_a_publisher_that_is_named_beside_its_secret_may_use_it(self, city):
        secrets(city, '[counts_key]\nvalue = "s3cret"\npublishers = ["roads"]\n')
        with city.work(STEWARD) as work:
            sources.save(work, WITH_KEY)
        secrets(city, '[counts_key]\nvalue = "s3cret"\npublishers = ["parks"]\n')
        with city.work(STEWARD) as work, pytest.raises(Forbidden):
            sources.save(work, replace(WITH_KEY, id=SourceId("other")))

    def test_one_of_the_environment_is_for_administrators(self, city, admin, monkeypatch):
        secrets(city, '[counts_key]\nvalue = "s3cret"\npublishers = ["roads"]\n')
        monkeypatch.setenv("CITYCOMMONS_SECRET_COUNTS_KEY", "hidden")
        with city.work(STEWARD) as work, pytest.raises(Forbidden):
            sources.save(work, WITH_KEY)
        with city.work(admin) as work:
            sources.save(work, WITH_KEY)
