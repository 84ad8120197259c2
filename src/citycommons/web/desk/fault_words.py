"""Faults in the reader's language, by their rule; a rule not known here keeps its own sentence."""

from citycommons.core.types import Fault
from citycommons.web.language import N_
from citycommons.web.presentation import Says
from citycommons.web.told import told

_WORDS = {
    "integer": N_("no whole number; left empty"),
    "number": N_("no number; left empty"),
    "boolean": N_("neither yes nor no; left empty"),
    "date": N_("no date; left empty"),
    "datetime": N_("no date and time; left empty"),
    "time": N_("no time of day; left empty"),
    "time-skipped": N_("this hour does not exist, the clocks went forward; taken as an hour later"),
    "short-row": N_("too few cells; the missing ones are left empty"),
    "long-row": N_("too many cells; the row is kept aside"),
    "footer": N_("a row below the table; left out of the data"),
    "quotes": N_("quotes do not close; read as plain characters"),
    "column-missing": N_("the file has no such column; left empty"),
    "json": N_("no JSON; the line is kept aside"),
}
LEFT_EMPTY = frozenset(
    {"integer", "number", "boolean", "date", "datetime", "time", "short-row", "column-missing"}
)

_DONE = {
    "left empty": N_("Left empty"),
    "mended": N_("Mended"),
    "kept aside": N_("Kept aside"),
    "left out": N_("Left out"),
    "not checked": N_("Not checked"),
    "kept": N_("Kept as it is"),
}


def in_words(fault: Fault, speaker: Says) -> str:
    """What is wrong, without the place and the value, which stand beside it."""
    if fault.rule in _WORDS:
        return speaker._(_WORDS[fault.rule])
    text = fault.message.replace("{value}", fault.value)
    place, colon, rest = text.partition(": ")
    is_place = "line" in place.lower() or "column" in place.lower()
    return _told(rest if colon and is_place else text, speaker.language)


def _told(text: str, language: str) -> str:
    """The sentence in this language; the reason that a rule gives follows as it was written."""
    whole = told(text, language)
    if whole != text:
        return whole
    first, stop, reason = text.partition(". ")
    return f"{told(first + '.', language)} {reason}" if stop else text


def done(fault: Fault) -> str:
    """What was done about it, as a message to be translated."""
    if fault.action in _DONE:
        return _DONE[fault.action]
    if fault.action:
        return fault.action
    return N_("Left empty") if fault.rule in LEFT_EMPTY else N_("Told, nothing changed")


def is_known(fault: Fault) -> bool:
    """Whether the fault is told in the reader's language; else it is English."""
    return fault.rule in _WORDS
