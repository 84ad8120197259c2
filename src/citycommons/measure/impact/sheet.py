"""The statement as it is set on one sheet, in one language: page, PDF and report show the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from citycommons.measure.impact.figures import Figure, Sureness, share
from citycommons.measure.impact.lines import DatasetLine, GoalLine
from citycommons.measure.impact.statement import Statement, digest
from citycommons.measure.impact.words import Say, say

GOALS = 5
_GOAL_COLUMNS = ("goal", "baseline", "now", "target", "trend", "claim")
_LEADS = ("use.here.requests", "reuse.confirmed", "money.proven")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One number: what, how much, how sure, and where it is told how we know."""

    id: str
    label: str
    value: str  # with its unit; empty when it is not yet measurable
    sure: str
    note: str = ""  # range, trend, or why there is no number
    how: str = ""  # path
    ask: str = ""  # how do we know: the link's purpose in words
    series: tuple[float, ...] = ()
    is_lead: bool = False  # set large


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Numbers under one heading."""

    id: str
    title: str
    items: tuple[Item, ...]
    links: tuple[tuple[str, str], ...] = ()  # words and path or address: reuses, stories, wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalRow:
    """One objective."""

    title: str
    owner: str
    indicator: str
    baseline: str
    now: str
    target: str
    due: str
    way: str  # how far it is, in words
    is_good: bool | None  # whether it went the right way; None: nobody knows
    series: tuple[float, ...]
    claim: str
    mark: str  # of a baseline that was changed afterwards
    how: str
    ask: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All words and numbers of a statement, in one language."""

    language: str
    title: str
    period: str
    days: str
    state: str  # that the period is not over yet; empty when it is
    top: tuple[Block, ...]  # four: here, elsewhere, made of it, money
    goals_title: str
    goal_heads: tuple[str, ...]
    goals: tuple[GoalRow, ...]
    goals_note: str
    datasets_title: str
    dataset_heads: tuple[str, ...]
    datasets: tuple[tuple[str, str, str, str], ...]  # title, path, here, elsewhere
    datasets_note: str
    demand: Block
    offer: Block
    audit_title: str
    audit: tuple[tuple[str, str], ...]  # question, answer
    phrases: tuple[tuple[str, str], ...]  # certainty words that stand on the sheet, explained
    digest_title: str
    digest: str
    address: str  # path of the page


def sheet(one: Statement, language: str, changed: str = "", root: str = "/council") -> Sheet:
    """The statement in this language; `changed` answers what changed since the last report."""
    speak = say(language)
    period = one.scope.period
    query = f"?period={period.name}" + (
        f"&publisher={one.scope.publisher}" if one.scope.publisher else ""
    )
    put = _Setting(one=one, say=speak, root=root, query=query)
    title = (
        speak("title_publisher", publisher=one.publisher_name)
        if one.publisher_name
        else speak("title", city=one.city)
    )
    return Sheet(
        language=speak.language,
        title=title,
        period=speak.period(period),
        days=speak.days(period),
        state="" if one.is_over else speak("so_far", day=speak.day(one.as_of)),
        top=tuple(put.block(name) for name in ("use", "elsewhere", "made", "money")),
        goals_title=speak("head_goals"),
        goal_heads=tuple(speak(f"col_{key}") for key in _GOAL_COLUMNS),
        goals=tuple(put.goal(goal) for goal in one.goals[:GOALS]),
        goals_note=put.goals_note(),
        datasets_title=speak("head_datasets"),
        dataset_heads=tuple(speak(f"col_{key}") for key in ("dataset", "here", "elsewhere")),
        datasets=tuple(put.dataset(line) for line in one.datasets),
        datasets_note=speak("no_uses"),
        demand=put.block("demand"),
        offer=put.block("offer"),
        audit_title=speak("head_audit"),
        audit=put.audit(changed),
        phrases=put.phrases(),
        digest_title=speak("digest"),
        digest=digest(one),
        address=root + query,
    )


def row_of(one: Statement, goal: GoalLine, language: str, root: str = "/council") -> GoalRow:
    """One objective in this language, also one that found no place on the sheet."""
    return _Setting(one=one, say=say(language), root=root, query="").goal(goal)


_BLOCKS: dict[str, str | tuple[str, ...]] = {
    "use": "use.here.",
    "elsewhere": "use.elsewhere.",
    "made": ("reuse.", "story."),
    "money": "money.",
    "demand": "demand.",
    "offer": "offer.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    one: Statement
    say: Say
    root: str
    query: str

    def block(self, name: str) -> Block:
        found = [figure for figure in self.one.figures if figure.id.startswith(_BLOCKS[name])]
        return Block(
            id=name,
            title=self.say(f"head_{name}"),
            items=_said_once([self.item(figure) for figure in found]),
            links=self.links(name),
        )

    def item(self, figure: Figure) -> Item:
        known = figure.value is not None
        return Item(
            id=figure.id,
            label=self.say(figure.id),
            value=self.say.amount(figure.value or 0, figure.unit) if known else "",
            sure=self.say(f"sure_{figure.sureness}"),
            note=self.note(figure),
            how=f"{self.root}/how/{figure.id}{self.query}",
            ask=f"{self.say('how')} {self.say(figure.id)}",
            series=figure.series if figure.id == "use.here.requests" else (),
            is_lead=figure.id in _LEADS,
        )

    def note(self, figure: Figure) -> str:
        if figure.value is None:
            return self.say(f"why_{figure.why}")
        if span := self.say.range(figure):
            return span
        return self.trend(figure) if figure.id == "use.here.requests" else ""

    def trend(self, figure: Figure) -> str:
        if not self.one.is_over:
            return self.say("running")
        found = []
        for key, value in (("against_before", figure.before), ("against_year", figure.year_before)):
            if value is not None and (change := share(figure.value, value)) is not None:
                shown = self.say.amount(value, figure.unit)
                found.append(self.say(key, change=self.say.change(change), value=shown))
        return "; ".join(found) or self.say("no_before")

    def links(self, name: str) -> tuple[tuple[str, str], ...]:
        if name == "made":
            stories = [(self.say.text(s.title), f"/stories/{s.id}") for s in self.one.stories[:1]]
            reuses = [(r.title, f"/reuses/{r.id}") for r in self.one.reuses]
            return tuple((stories + reuses)[:3])
        if name == "demand":
            return tuple(
                (
                    f"{wish.title} ({self.say.number(wish.count)})",
                    f"/requests/{wish.request}" if wish.request else "",
                )
                for wish in self.one.wishes
            )
        return ()

    def goal(self, goal: GoalLine) -> GoalRow:
        owner = goal.owner or self.say("nobody")
        way, is_good = self.way(goal)
        return GoalRow(
            title=self.say.text(goal.title),
            owner=owner if goal.is_public else f"{owner} ({self.say('internal')})",
            indicator=self.say.text(goal.indicator),
            baseline=self.value(goal.baseline, goal.unit, "not_set"),
            now=self.value(goal.now, goal.unit, "not_measured"),
            target=self.value(goal.target, goal.unit, "not_set"),
            due=self.say("by_day", day=self.say.day(goal.due, "MMM y")) if goal.due else "",
            way=way,
            is_good=is_good,
            series=goal.series,
            claim=self.claim(goal),
            mark=self.say("baseline_changed", count=goal.changed_baselines)
            if goal.changed_baselines
            else "",
            how=f"{self.root}/how/goal.{goal.id}{self.query}",
            ask=f"{self.say('how')} {self.say.text(goal.title)}",
        )

    def value(self, value: float | None, unit: str, missing: str) -> str:
        if value is None:
            return self.say(missing)
        return self.say.amount(value, unit)

    def way(self, goal: GoalLine) -> tuple[str, bool | None]:
        if goal.progress is None:
            return "", None
        if goal.progress >= 1:
            return self.say("reached"), True
        if goal.progress < 0:
            return self.say("wrong_way"), False
        return self.say("way", share=self.say.percent(goal.progress)), goal.progress > 0

    def claim(self, goal: GoalLine) -> str:
        if not goal.claim:
            return self.say("claim_measured") if goal.now is not None else ""
        return f"{self.say('claim_' + goal.claim)}, {self.say('grade', grade=goal.grade)}"

    def goals_note(self) -> str:
        if not self.one.goals:
            return self.say("no_goals")
        more = len(self.one.goals) - GOALS
        return self.say("more_goals", count=self.say.number(more)) if more > 0 else ""

    def dataset(self, line: DatasetLine) -> tuple[str, str, str, str]:
        away: Sequence[tuple[int, str]] = (
            (line.reported, "reported"),
            (line.declared, "declared"),
            (line.estimated, "estimated"),
        )
        words = ", ".join(
            f"{self.say.number(count)} {self.say(f'sure_{sure}')}" for count, sure in away if count
        )
        title = self.say.text(line.title)
        return title, f"/datasets/{line.id}", self.say.number(line.here), words or "–"

    def audit(self, changed: str) -> tuple[tuple[str, str], ...]:
        contact = self.one.contact
        answers = {
            "who": self.say("answer_who"),
            "rule": self.say("answer_rule"),
            "out": " ".join((self.say("answer_out"), *self.gaps())),
            "changed": changed or self.say("answer_first"),
            "raw": self.say("answer_raw"),
            "responsible": self.say("answer_responsible", contact=contact)
            if contact
            else self.say("answer_nobody"),
        }
        return tuple((self.say(f"ask_{key}"), answer) for key, answer in answers.items())

    def gaps(self) -> Iterator[str]:
        for gap in self.one.gaps:
            yield self.say(f"gap_{gap.key}", count=self.say.number(gap.count))

    def phrases(self) -> tuple[tuple[str, str], ...]:
        used = {figure.sureness for figure in self.one.figures}
        return tuple(
            (self.say(f"sure_{one}"), self.say(f"phrase_{one}")) for one in Sureness if one in used
        )


def _said_once(items: Sequence[Item]) -> tuple[Item, ...]:
    """The same note is not said twice in a row."""
    notes = ["", *(one.note for one in items)]
    return tuple(
        replace(one, note="") if one.note == before else one
        for one, before in zip(items, notes, strict=False)
    )
