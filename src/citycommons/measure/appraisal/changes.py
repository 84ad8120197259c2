"""What is different today from what a kept result was computed from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from citycommons.measure.appraisal.types import Inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. `kind`: "added", "removed", "revised", "proof", "data", "rates"."""

    kind: str
    about: str  # id of an entry, a dataset or a schedule
    before: str = ""  # revision, claim or digest
    after: str = ""


def changes(kept: Inputs, now: Inputs) -> tuple[Change, ...]:
    """Everything in which the inputs differ, entries first."""
    return (
        *_entries(_revisions(kept), _revisions(now)),
        *_differences("proof", _proofs(kept), _proofs(now)),
        *_differences("data", _data(kept), _data(now)),
        *_differences("rates", _rates(kept), _rates(now)),
    )


def _entries(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for id in sorted(before.keys() | after.keys()):
        old, new = before.get(id, ""), after.get(id, "")
        if old != new:
            kind = "added" if not old else "revised" if new else "removed"
            yield Change(kind=kind, about=id, before=old, after=new)


def _differences(
    kind: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Change]:
    for id in sorted(before.keys() & after.keys()):
        if before[id] != after[id]:
            yield Change(kind=kind, about=id, before=before[id], after=after[id])


def _revisions(inputs: Inputs) -> dict[str, str]:
    entries: list[tuple[str, int]] = [(one.id, one.revision) for one in inputs.benefits]
    entries += [(one.id, one.revision) for one in inputs.costs]
    entries += [(one.id, one.revision) for one in inputs.values]
    return {id: str(revision) for id, revision in entries}


def _proofs(inputs: Inputs) -> dict[str, str]:
    return {one.benefit: one.claim.value for one in inputs.proofs}


def _data(inputs: Inputs) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for one in inputs.datasets:
        dataset, _, digest = one.partition("@")
        found.setdefault(dataset, []).append(digest)
    return {dataset: _joined(digests) for dataset, digests in found.items()}


def _joined(digests: Iterable[str]) -> str:
    return " ".join(sorted(digests))


def _rates(inputs: Inputs) -> dict[str, str]:
    return {one.id: one.digest for one in (inputs.schedule, *inputs.apart.values())}
