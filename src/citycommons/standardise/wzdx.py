"""WZDx 4.x feeds: road events and devices, one row each (USDOT WZDx 4.2, WorkZoneFeed)."""

import orjson

from citycommons.core.errors import Invalid
from citycommons.standardise import objects
from citycommons.standardise.formats import Draft, Source

_TIMES = frozenset(
    ("start_date", "end_date", "core_details.creation_date", "core_details.update_date")
)


class Wzdx:
    """A feed of road works; details of `core_details` stand under their own names."""

    def recognises(self, source: Source) -> float:
        is_feed = b'"feed_info"' in source.head or b'"road_event_feed_info"' in source.head
        return 0.99 if is_feed and b"FeatureCollection" in source.head else 0.0

    def read(self, source: Source) -> Draft:
        try:
            feed = orjson.loads(source.path.read_bytes())
            info = feed.get("feed_info") or feed.get("road_event_feed_info") or {}
            features = feed["features"]
            records = [{"id": f.get("id"), **f["properties"]} for f in features]
            shapes = [f.get("geometry") for f in features]
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as cause:
            raise Invalid(f"{source.name} is a broken WZDx feed. Ask for it again.") from cause
        if not records:
            raise Invalid(f"{source.name} holds no road events at this moment.")
        steps = [f"format WZDx {info.get('version', '')}".strip()]
        draft = objects.draft(records, steps=steps, times=_TIMES, shapes=shapes)
        bare = [name.removeprefix("core_details.") for name in draft.table.column_names]
        if len(set(bare)) == len(bare):
            draft.table = draft.table.rename_columns(bare)
        return draft
