"""Which of the field's own tables a file is, and which column is which field: suggested, then said.

A suggestion rests on names (four languages), values (codes, ranges, types) and units, and says so.
A person confirms it; the `Correspondence` is then data, kept in the plan of the dataset, and found
again for the next file of the same shape.
"""

import msgspec
import pyarrow as pa

from citycommons.core.types import Choice, Correspondence, Question
from citycommons.standardise.mapped import Mapped, apply, fits
from citycommons.standardise.models import model
from citycommons.standardise.suggestion import EACH, Suggestion, suggest

__all__ = [
    "EACH",
    "NO_MODEL",
    "Mapped",
    "Suggestion",
    "apply",
    "fits",
    "named",
    "question",
    "said",
    "suggest",
]

NO_MODEL = "none"
"""The answer to a question for a mapping: this is none of the field's own tables."""


def named(shape: str) -> str:
    """The id of the question for files of a shape."""
    return f"mapping:{shape}"


def question(table: pa.Table, shape: str) -> Question | None:
    """Whether the table is one of the field's own, and which column is which; None if unlikely.

    The value of each choice is the whole correspondence as JSON (`said` reads it).
    """
    found = suggest(table)[:3]
    if not found:
        return None
    choices = [
        Choice(
            value=msgspec.json.encode(one.correspondence).decode(),
            title=str(model(one.model).title["en"]),
            evidence="; ".join(f"{m.column} is {m.field} ({m.evidence})" for m in one.matches),
            sample=", ".join(m.column for m in one.matches),
            fits=one.score,
        )
        for one in found
    ]
    choices.append(Choice(value=NO_MODEL, title="None of these: leave the columns as they are"))
    return Question(
        id=named(shape),
        kind="mapping",
        text="Is this one of the tables that cities share?",
        columns=tuple(match.column for match in found[0].matches if match.column != EACH),
        choices=tuple(choices),
    )


def said(choice: str) -> Correspondence | None:
    """What a choice of `question` means; None where it is no model."""
    if choice == NO_MODEL:
        return None
    return msgspec.json.decode(choice, type=Correspondence)
