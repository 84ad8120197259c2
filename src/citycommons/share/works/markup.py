"""XML written by hand: a name, what is in it, and nothing that XML 1.0 cannot hold."""

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENTITIES = {"\r": "&#13;"}  # else a parser makes it a line feed (XML 1.0, section 2.11)


def content(text: str) -> str:
    """A text as it stands inside an element."""
    return escape(_UNWRITABLE.sub("", text), _ENTITIES)


def tag(name: str, inside: str | Iterable[str] = "", /, **attributes: str) -> str:
    """An element; `inside` is markup, and `xsi__type` is the attribute `xsi:type`."""
    said = "".join(
        f" {key.replace('__', ':')}={quoteattr(_UNWRITABLE.sub('', value))}"
        for key, value in attributes.items()
    )
    within = inside if isinstance(inside, str) else "".join(inside)
    return f"<{name}{said}>{within}</{name}>" if within else f"<{name}{said}/>"


def leaf(name: str, text: str | float | None, /, **attributes: str) -> str:
    """An element with a text in it; nothing where there is none."""
    return "" if text is None or text == "" else tag(name, content(str(text)), **attributes)
