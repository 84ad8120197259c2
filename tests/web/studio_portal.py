"""A portal with a little grid city's traffic model, and people of the roads office."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import insert
from tests.act.roadworks import grid
from tests.web.web_portal import ROADS, Client, Portal

from citycommons.act.model.types import TrafficModel
from citycommons.act.roadworks import solving
from citycommons.core.errors import NotFound
from citycommons.core.types import SYSTEM, Grant, Role
from citycommons.store.works_tables import traffic_models
from citycommons.web.studio import asking, models

DAYS = "2027-06-01/2027-06-14/0-24/1234567"


@dataclass
class Studio:
    """The portal, its model, and browsers of those who plan and who coordinate."""

    portal: Portal
    model: TrafficModel
    planner: Client
    coordinator: Client
    reader: Client

    def link(self, street: str, place: int = 0) -> int:
        """A link of this street."""
        names = self.model.network.streets.name
        return [i for i, name in enumerate(names) if name == street][place]

    def query(self, *measures: str, **more: str) -> str:
        """The query of a drawing: measures as the address has them."""
        parts = [f"phase={';'.join([DAYS, *measures])}", "hour=8"]
        return "&".join([*parts, *(f"{key}={value}" for key, value in more.items())])


def open_studio(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """Have the studio answer from the grid."""
    model = grid.model(solver=solving.own())

    def model_of(_work: Any, id: str = "") -> TrafficModel:
        if id not in ("", model.id):
            raise NotFound(f"There is no traffic model “{id}”.")
        return model

    monkeypatch.setattr(models, "model_of", model_of)
    monkeypatch.setattr(models, "latest_id", lambda _work: model.id)
    monkeypatch.setattr(models, "warm", lambda _model: None)
    monkeypatch.setattr(asking, "RUNS", 6)
    with portal.city.work(SYSTEM) as work:
        row = {"id": model.id, "created": work.now, "by": "system", "body": {}}
        work.db.execute(insert(traffic_models).values(row))
    planner = Grant(role=Role.ROADWORKS_PLANNER, publisher=ROADS)
    return Studio(
        portal=portal,
        model=model,
        planner=portal.browser(portal.actor("paula", planner)),
        coordinator=portal.browser(portal.actor("conny", Grant(role=Role.ROADWORKS_COORDINATOR))),
        reader=portal.browser(portal.actor("rita", Grant(role=Role.READER))),
    )


def lines(client: Client, query: str) -> list[dict[str, Any]]:
    """The answer of the studio, line by line."""
    answer = client.get(f"/desk/roadworks/whatif?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]
