"""Collect the messages of pages and templates and bring each language's catalogue up to date.

`python scripts/messages.py` writes `web/locale/<language>/LC_MESSAGES/citycommons.po`; what is
translated stays, what is gone is dropped, what is new waits with an empty translation. With
`--check` it writes nothing and fails when a catalogue is out of date or not fully translated.
"""

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from citycommons.web.told import ROOMS_SAY, phrases

WEB = Path(__file__).parent.parent / "src/citycommons/web"
ROOMS = (WEB, WEB.parent / "understand")
LANGUAGES = ("de", "fr", "it")
ERRORS = (
    *("NotFound", "Invalid", "Forbidden", "Conflict", "Unavailable", "TooMuch", "TooOften"),
    *("CityError", "NotSignedIn", "NotUnderstood"),
)
SPEAKING = (
    *("act/demand/limits.py", "act/model/", "act/network/snapping.py", "act/roadworks/"),
    *("engage/", "govern/", "measure/", "share/", "standardise/", "store/", "web/"),
    *("understand/content.py", "understand/mqa.py", "understand/udata.py"),
    *("collect/archives.py", "collect/arrivals.py", "collect/cache.py", "collect/connect.py"),
    *("collect/folder.py", "collect/form.py", "collect/guard.py", "collect/polite.py"),
    *("collect/schedule.py", "collect/sources.py", "collect/web.py"),
)
WHOLE = (
    *("act/demand/limits.py", "act/model/build.py", "act/model/carried.py", "act/model/prior.py"),
    *("act/model/roads.py", "act/network/snapping.py", "act/roadworks/asked.py"),
    *("act/roadworks/changes.py", "act/roadworks/clash.py", "act/roadworks/making.py"),
    *("act/roadworks/surroundings.py", "share/doubts.py", "share/harvest.py", "share/incoming.py"),
    *("share/receive.py", "share/works/cifs.py"),
    *("measure/goals/claims.py", "measure/goals/outcomes.py"),
)
"""Files whose every sentence is told: what a forecast rests on, why works clash or are not sent,
why a delivery waits, and what came of a run."""
LABELLED = "collect/"  # connectors: what their options say in forms
SAYING = {  # calls whose arguments by these names are sentences or labels
    "Choice": ("title", "evidence"),
    "Drift": ("words",),
    "Fault": ("message",),
    "Found": ("message",),
    "Kind": ("words",),
    "Metric": ("title", "next_step"),
    "Question": ("text",),
    "Score": ("title",),
    "replace": ("reason", "words", "waits_for"),
}
UNHEARD = (  # commands, start and interfaces for programs alone, which speak English
    *("share/deliver.py", "share/packed.py", "standardise/muenster/", "store/backup.py"),
    *("store/engine.py", "store/migrate.py", "web/colour.py", "web/rows.py", "web/serve.py"),
    *("web/writing.py", "web/datasets.py", "web/door.py", "web/faces/", "share/expressions/"),
    *("share/crs.py", "share/faces/", "share/mcp.py", "share/sensorthings/", "share/tiles/"),
)
PHRASED = {  # functions and constants whose every text is a phrase of evidence, or a word in one
    "act/roadworks/checks.py": ("_called",),
    "share/deliver.py": ("_provenance",),
    "share/works/cifs.py": ("_where",),
    "standardise/alike.py": ("matched", "_values"),
    "standardise/archive.py": ("_from_gzip", "_from_zip", "_wanted", "_whole_folder"),
    "standardise/crs.py": ("_choice",),
    "standardise/dates.py": ("ORDERS", "_PERIODS", "period_words"),
    "standardise/delimited.py": ("_say",),
    "standardise/drift.py": ("_units", "_FACTORS"),
    "standardise/emptied.py": ("words",),
    "standardise/fields.py": ("_as_given", "_coordinate", "_role", "_type_all"),
    "standardise/figures.py": ("_twins", "number"),
    "standardise/infer.py": ("_boolean", "_clock", "force", "infer"),
    "standardise/layout.py": ("find_layout", "logger_layout"),
    "standardise/mapping.py": ("question",),
    "standardise/moments.py": ("_best_order", "_epoch", "_serial", "_settled", "moment"),
    "standardise/numbers.py": ("UNDECIDED", "choose", "words"),
    "standardise/people.py": ("about",),
    "standardise/positions.py": ("_cells", "_columns", "_plane", "_with_axes"),
    "standardise/sniff.py": ("as_utf8",),
    "standardise/typed.py": ("said",),
    "standardise/unsure.py": ("_ORDERS", "_SIGNS"),
    "standardise/vector.py": ("IN_PLANE",),
}
NO_WORDS = frozenset(  # names for programs, which stand among what such functions say
    [
        *(
            "axes-swapped",
            "counts",
            "en",
            "is_workbook",
            "mapping",
            "mended",
            "table",
            "unpacked",
            "us",
            "utf-8",
        ),
        *("values", "wb"),
    ]
)
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "Message": None}
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS = {"templates/**.html": {"encoding": "utf-8", "trimmed": "true"}}


def collected() -> Catalog:
    """All messages there are, in English."""
    catalog = Catalog(project="City Commons", charset="utf-8")
    for room in ROOMS:
        found = extract_from_dir(room, _METHODS, _OPTIONS, KEYWORDS)
        for name, _line, message, comments, context in sorted(found, key=lambda one: str(one[2])):
            place = f"{room.name}/{name}"
            catalog.add(message, None, [(place, None)], auto_comments=comments, context=context)
    for words in sentences():
        catalog.add(words, None, [("understand/charts", None)])
    for words, place in said_by_rooms():
        catalog.add(words, None, [(place, None)], auto_comments=[ROOMS_SAY])
    return catalog


def said_by_rooms() -> list[tuple[str, str]]:
    """Errors that a browser can meet and notes of reading, with holes for their values."""
    found: dict[str, str] = {}
    for file in sorted(WEB.parent.rglob("*.py")):
        place = file.relative_to(WEB.parent).as_posix()
        is_unheard = not place.startswith((*SPEAKING, LABELLED)) or place.startswith(UNHEARD)
        if is_unheard and place not in PHRASED:
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if place.startswith(WHOLE):
            for words in filter(None, map(_with_holes, _sentences_of(tree))):
                found.setdefault(words, place)
        for words in _phrases_of(tree, PHRASED.get(place, ())):
            found.setdefault(words, place)
        if is_unheard:
            continue
        for node in ast.walk(tree):
            is_heard = place.startswith(SPEAKING)
            if not is_heard and not isinstance(node, ast.Dict):
                continue
            for said in _said(node):
                if (words := _with_holes(said)) and _has_words(words):
                    found.setdefault(words, place)
    return sorted(found.items())


def _phrases_of(tree: ast.AST, names: Sequence[str]) -> Iterator[str]:
    """What the functions and constants of these names say, cut where evidence is cut."""
    for node in ast.walk(tree) if names else ():
        if isinstance(node, ast.FunctionDef) and node.name in names:
            texts = [text for part in node.body for text in _texts_in(part)]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in names:
            texts = list(_texts_in(node.value))
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.target) in names and node.value:
            named = node.value.keys if isinstance(node.value, ast.Dict) else [node.value]
            texts = [text for part in named if part for text in _texts_in(part)]
        else:
            continue
        for text in texts:
            yield from filter(_is_phrase, (one.strip(" ,;") for one in phrases(text)))


_MUTE = ("compile", "match_substring_regex", "pa.scalar", "removesuffix")


def _texts_in(node: ast.AST) -> Iterator[str]:
    """Texts of code with each of their alternatives; not those it compares or looks up with."""
    if isinstance(node, ast.Compare | ast.Raise) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ):
        return
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(_MUTE):
        return
    if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
        if texts := _alternatives(node):
            yield from texts
            return
        if isinstance(node, ast.Constant):
            return
    left_out = ""
    if isinstance(node, ast.Dict):
        left_out = "keys"
    elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Store):
        left_out = "slice"
    for name, value in ast.iter_fields(node):
        if name != left_out:
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, ast.AST):
                    yield from _texts_in(part)


def _alternatives(node: ast.expr) -> list[str]:
    """A text with holes, once for each branch of the choices in it; none where it is no text."""
    if isinstance(node, ast.IfExp):
        return _alternatives(node.body) + _alternatives(node.orelse)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        first, second = _alternatives(node.left), _alternatives(node.right)
        return [one + other for one in first for other in second]
    if not isinstance(node, ast.JoinedStr):
        return [_with_holes(node)] if isinstance(node, ast.Constant) else []
    made: list[list[ast.expr]] = [[]]
    for part in node.values:
        chosen = part.value if isinstance(part, ast.FormattedValue) else None
        branches = _alternatives(chosen) if isinstance(chosen, ast.IfExp) else []
        ways: list[ast.expr] = [ast.Constant(text) for text in branches] or [part]
        made = [[*before, way] for before in made for way in ways]
    return [_with_holes(ast.JoinedStr(values)) for values in made]


def _is_phrase(text: str) -> bool:
    """Not an address, an id (“mapping:{shape}”) or the name of a file."""
    is_name = re.search(r"^[\w-]*(?:\{\w+\})?\.(?:gdb|txt)$|^[\w-]+:\{|^EPSG", text)
    return _has_words(text) and text not in NO_WORDS and not is_name


def _has_words(text: str) -> bool:
    return bool(re.search(r"[^\W\d_]{2}", re.sub(r"\{\w+\}", "", text)))


def _sentences_of(tree: ast.AST) -> list[ast.expr]:
    """Every text of a file that ends like a sentence, but for what documents it."""
    inner = {
        id(part)
        for node in ast.walk(tree)
        for part in (
            node.values
            if isinstance(node, ast.JoinedStr)
            else [node.value]
            if isinstance(node, ast.Expr)
            else []
        )
    }
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr | ast.Constant)
        and id(node) not in inner
        and re.search(r"[.?]$|\w \w.*[.:] \{\w+\}$", words := _with_holes(node))
        and " " in words
    ]


def _said(node: ast.AST) -> list[ast.expr]:
    """The sentences that a node raises, notes as a step, or returns beside a result."""
    if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.List):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        return list(node.value.elts) if ast.unparse(target) == "steps" else []
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in (
        "evidence",
        "message",
        "step",
    ):
        return [node.value]
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "text":
        return [node.value] if _with_holes(node.value).endswith("?") else []
    if isinstance(node, ast.AugAssign) and ast.unparse(node.target).endswith("steps"):
        return list(node.value.elts) if isinstance(node.value, ast.List) else []
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and node.value.elts:
        last = node.value.elts[-1]
        return [last] if isinstance(last, ast.JoinedStr) and _with_holes(last)[-1:] == "." else []
    if isinstance(node, ast.Dict):
        return [
            value
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant) and key.value == "says"
        ]
    if not isinstance(node, ast.Call):
        return []
    called = ast.unparse(node.func)
    named = SAYING.get(called.rpartition(".")[2], ())
    found = [one.value for one in node.keywords if one.arg in named]
    noted = [one.value for one in node.keywords if one.arg == "steps"]
    found += [step for one in noted if isinstance(one, ast.List | ast.Tuple) for step in one.elts]
    if called == "Kind":  # of a check: what each of its options says
        options = (one.value for one in node.keywords if one.arg == "options")
        found += [value for one in options if isinstance(one, ast.Dict) for value in one.values]
    if called.endswith(("faults.add", "faults.add_column")) and len(node.args) > 1:
        found.append(node.args[1])
    if called in ("yes", "part", "_metric"):  # of a score: the title and what to do next
        found += [one for one in node.args[1:] if isinstance(one, ast.Constant | ast.JoinedStr)]
    if found or not node.args:
        return found
    is_said = called.endswith("steps.append") or called.rpartition(".")[2] in ERRORS
    return [node.args[0]] if is_said else []


def _with_holes(said: ast.expr) -> str:
    """`f"“{one.id}” is gone"` as “{id}” is gone; empty where there is no sentence."""
    if isinstance(said, ast.Subscript):  # shortened: f"…"[:300]
        said = said.value
    if isinstance(said, ast.Constant):
        return said.value if isinstance(said.value, str) else ""
    if not isinstance(said, ast.JoinedStr):
        return ""
    names: dict[str, str] = {}
    parts = []
    for value in said.values:
        if isinstance(value, ast.FormattedValue):
            code = ast.unparse(value.value)
            names.setdefault(code, _name(value.value, names))
            parts.append("{" + names[code] + "}")
        elif isinstance(value, ast.Constant):
            parts.append(str(value.value))
    return "".join(parts)


def _name(value: ast.expr, taken: dict[str, str]) -> str:
    known = [node.attr for node in ast.walk(value) if isinstance(node, ast.Attribute)]
    known += [node.id for node in ast.walk(value) if isinstance(node, ast.Name)]
    given = [name for name in known if name not in ("join", "split", "get", "sorted", "len", "str")]
    name = given[0].strip("_").lower() if given else "value"
    others = sum(other.rstrip("0123456789") == name for other in taken.values())
    return f"{name}{others + 1}" if others else name


def sentences() -> list[str]:
    """Headlines of charts, which stand in `Message(text=…)` and in tables of such texts."""
    files = sorted((ROOMS[1] / "charts").glob("*.py"))
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    texts = [n.value for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    wanted = [t for t in texts if isinstance(t, str) and (_is_sentence(t))]
    return sorted(set(wanted))


def _is_sentence(text: str) -> bool:
    return ("{" in text and "SELECT" not in text and "}" in text and " " in text) or (
        text.startswith("Rows ") and len(text) < 30
    )


def file_of(language: str) -> Path:
    """The catalogue of a language."""
    return WEB / "locale" / language / "LC_MESSAGES" / "citycommons.po"


def main(arguments: list[str]) -> int:
    """Update, or only check, all catalogues; answers 1 when one is not complete."""
    template = collected()
    incomplete = 0
    for language in LANGUAGES:
        file = file_of(language)
        if file.exists():
            with file.open("rb") as stream:
                catalog = read_po(stream, locale=language)
        else:
            catalog = Catalog(locale=language, project="City Commons", charset="utf-8")
        before = {m.id for m in catalog if m.id}
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        empty = [m for m in catalog if m.id and not _is_full(m.string)]
        new = {m.id for m in catalog if m.id} - before
        print(f"{language}: {len(catalog)} messages, {len(new)} new, {len(empty)} to translate")
        incomplete += len(empty)
        if "--check" in arguments:
            incomplete += len(new)
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as stream:
            write_po(stream, catalog, width=100, sort_output=True, omit_header=False)
    return 1 if incomplete and "--check" in arguments else 0


def _is_full(string: object) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
