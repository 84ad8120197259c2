"""Which datasets are time series, and of what: said by their fields and their key alone."""

from dataclasses import dataclass

from citycommons.core.types import (
    ColumnStatistics,
    Dataset,
    Field,
    FieldRole,
    FieldType,
    Version,
)

MOST_STATIONS = 10_000
_TIMES = (FieldType.DATETIME, FieldType.DATE)
_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)
_NAMES = (FieldType.STRING, FieldType.INTEGER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A version read as a time series: what was measured, when, and at which station."""

    dataset: Dataset
    version: Version
    time: Field
    measures: tuple[Field, ...]
    stations: tuple[Field, ...]  # columns that tell stations apart; none: there is one station
    is_keyed: bool  # station and time identify a row

    @property
    def flag(self) -> Field | None:
        """The column that says which values are doubtful."""
        return next((f for f in self.version.fields if f.role is FieldRole.FLAG), None)

    @property
    def others(self) -> tuple[Field, ...]:
        """Columns that are neither station nor time nor measured: parameters of observations."""
        used = {self.time.name, *(f.name for f in (*self.measures, *self.stations))}
        roles = (FieldRole.CATEGORY, FieldRole.TEXT, FieldRole.IDENTIFIER)
        return tuple(
            f
            for f in self.version.fields
            if f.name not in used and f.role in roles and f.type is not FieldType.GEOMETRY
        )

    @property
    def geometry(self) -> Field | None:
        return next((f for f in self.version.fields if f.type is FieldType.GEOMETRY), None)

    def known(self, measure: Field) -> int:
        """How many observations the measure has: rows with a value, from kept statistics."""
        for one in self.version.statistics:
            if one.name == measure.name:
                return self.version.rows - one.nulls
        return self.version.rows

    @property
    def count(self) -> int | None:
        """How many stations there are, where kept statistics tell."""
        if not self.stations:
            return 1 if self.version.rows else 0
        if len(self.stations) > 1:
            return None
        found = statistics_of(self.version).get(self.stations[0].name)
        return None if found is None else found.distinct + bool(found.nulls)


def statistics_of(version: Version) -> dict[str, ColumnStatistics]:
    """Statistics by column."""
    return {one.name: one for one in version.statistics}


def series_of(dataset: Dataset, version: Version) -> Series | None:
    """The version as a time series; None if its fields do not say that it is one.

    It has a column of time and one or more of measured numbers. A key with the time in it names
    the stations by its other columns; a key without it says that rows are things, not observations.
    Without a key, the first identifier that repeats names them, or else the first category, unless
    no two rows have the same time; rows with a place and a mere day are things, too.
    """
    times = [f for f in version.fields if f.role is FieldRole.TIME and f.type in _TIMES]
    measures = tuple(
        f for f in version.fields if f.role is FieldRole.MEASURE and f.type in _NUMBERS
    )
    if not times or not measures or not version.rows:
        return None
    named = {f.name: f for f in version.fields}
    keyed = [named[name] for name in dataset.key if name in named]
    if keyed:
        time = next((f for f in times if f in keyed), None)
        stations = tuple(f for f in keyed if f is not time)
        if time is None or any(f.type not in _NAMES for f in stations):
            return None
    else:
        time, found = times[0], _told_apart(version, times[0])
        if found is None:
            return None
        stations = found
    series = Series(
        dataset=dataset,
        version=version,
        time=time,
        measures=tuple(f for f in measures if f not in stations),
        stations=stations,
        is_keyed=bool(keyed),
    )
    is_small = (series.count or 0) <= MOST_STATIONS
    return series if series.measures and is_small else None


def _told_apart(version: Version, time: Field) -> tuple[Field, ...] | None:
    told = statistics_of(version)

    def repeats(field: Field) -> bool:
        return field.name in told and told[field.name].distinct * 2 <= version.rows

    able = [f for f in version.fields if f.type in _NAMES and not f.is_sensitive]
    identifiers = [f for f in able if f.role is FieldRole.IDENTIFIER]
    if identifiers:
        return next(((f,) for f in identifiers if repeats(f)), None)
    if time.type is FieldType.DATE and version.geometry:
        return None
    if time.name in told and told[time.name].distinct + told[time.name].nulls >= version.rows:
        return ()
    categories = (f for f in able if f.role is FieldRole.CATEGORY and f.type is FieldType.STRING)
    return next(((f,) for f in categories if repeats(f)), ())
