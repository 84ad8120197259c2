"""Requests for data: asked by anyone, wanted by many, answered by the city with a date.

A vote is no record of a person: of somebody signed in a keyed hash is kept, of anybody else the
hash of the day, whose salt is gone tomorrow. So a vote says that somebody needs the data, and
nobody can be asked why. An e-mail address is kept until the answer was sent, shown to nobody.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMuch
from citycommons.core.reuses import DataRequest, RequestId, RequestState
from citycommons.core.types import LANGUAGES, ActorKind, DatasetId
from citycommons.engage import typed
from citycommons.govern import audit
from citycommons.govern.access import Action, allows_anywhere
from citycommons.share import catalogue
from citycommons.share.catalogue import Entry, Search
from citycommons.store import notes
from citycommons.store import wanted as rows
from citycommons.store.wanted import Voter
from citycommons.store.work import Work

MOST = 100  # on one page
LONGEST_TITLE, LONGEST_TEXT, LONGEST_ANSWER = 150, 2000, 4000
GRACE = timedelta(minutes=15)
"""Until people are told of an answer: as long a slip can be undone unseen."""
_AN_HOUR = 60  # requests of all strangers
_MOST_OF_CONTACT = 20  # answers that one address waits for: nobody is flooded by a stranger's form
_KEEP_CONTACTS = timedelta(days=2 * 365)
_KEY = "voters-key"
_SIMILAR = 3
_WAITING = frozenset({RequestState.OPEN, RequestState.PLANNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of requests, and how many there are in each state."""

    total: int
    requests: tuple[DataRequest, ...]
    states: dict[RequestState, int]


def ask(
    work: Work,
    *,
    title: str,
    description: str = "",
    purpose: str = "",
    language: str = "",
    contact: str = "",
) -> DataRequest:
    """Ask the city for data; who asks is the first who needs them.

    Raises `Invalid` that names the column, `Conflict` for a title that is asked for already, and
    `TooMuch` while too many ask.
    """
    one = DataRequest(
        id=RequestId(f"rq-{secrets.token_hex(5)}"),
        title=typed.line(title, "title", longest=LONGEST_TITLE, shortest=3),
        description=typed.lines(description, "description", longest=LONGEST_TEXT),
        purpose=typed.lines(purpose, "purpose", longest=LONGEST_TEXT, shortest=3),
        state=RequestState.OPEN,
        language=language if language in LANGUAGES else "",
        created=work.now,
    )
    voter = _voter(work, contact, one.language)
    if work.actor.kind is ActorKind.ANYONE:
        since = work.now - timedelta(hours=1)
        if rows.asked_since(work.db, since) >= _AN_HOUR:
            raise TooMuch("Too many people ask at the moment. Try again in an hour.")
    same = rows.find(work.db, states=_WAITING, text=one.title, limit=10)
    for other in same:
        if other.title.casefold() == one.title.casefold():
            raise Conflict(
                "Somebody asked for this already. Say there that you need it too.",
                column="title",
                request=other.id,
            )
    rows.add(work.db, one, voter)
    audit.record(work, "ask-for-data", one.id)
    return one


def vote(work: Work, id: RequestId, *, language: str = "", contact: str = "") -> DataRequest:
    """Say that one needs the data too; a second vote of the same person changes nothing."""
    one = get(work, id)
    if one.state not in _WAITING:
        raise Conflict("This request was answered; it takes no more votes.", request=id)
    rows.vote(work.db, id, _voter(work, contact, language), work.now)
    return get(work, id)


def get(work: Work, id: RequestId) -> DataRequest:
    """The request. Raises `NotFound` if there is none."""
    one = rows.get(work.db, id)
    if one is None:
        raise NotFound(f"There is no request “{id[:40]}”. See all at /requests.", request=id)
    return one


def find(
    work: Work,
    *,
    states: Collection[RequestState] | None = None,
    text: str = "",
    newest_first: bool = False,
    limit: int = 20,
    offset: int = 0,
) -> Found:
    """Requests, most wanted first."""
    limit = max(0, min(limit, MOST))
    found = rows.find(
        work.db,
        states=states,
        text=text[:200],
        newest_first=newest_first,
        limit=limit,
        offset=offset,
    )
    return Found(
        total=rows.count(work.db, states=states, text=text[:200]),
        requests=tuple(found),
        states=rows.by_state(work.db),
    )


def open_requests(work: Work, limit: int = 20) -> tuple[DataRequest, ...]:
    """What people wait for, most wanted first."""
    return tuple(rows.find(work.db, states=_WAITING, limit=limit))


def similar(work: Work, text: str) -> tuple[tuple[Entry, ...], tuple[DataRequest, ...]]:
    """Datasets that may be what is asked for, and requests that ask for the like."""
    if not text.strip():
        return (), ()
    there = catalogue.find(work, Search(text=text[:200], limit=_SIMILAR)).entries
    asked = rows.find(work.db, states=_WAITING, text=text[:200], any_word=True, limit=_SIMILAR)
    return there, tuple(asked)


def answer(
    work: Work,
    id: RequestId,
    *,
    state: str,
    words: str,
    datasets: Collection[str] = (),
) -> DataRequest:
    """Say what the city does about it, dated; who left an address is told a little later.

    Raises `Forbidden` without a steward's role, `Invalid` for a published request without a
    dataset, or a declined one without words.
    """
    require_steward(work)
    before = get(work, id)
    if state not in set(RequestState):
        raise Invalid("Choose what becomes of it.", column="state")
    said = typed.lines(words, "answer", longest=LONGEST_ANSWER)
    if RequestState(state) is RequestState.DECLINED and len(said) < 3:
        raise Invalid("Say why, in words that help who asked.", column="answer")
    named = _datasets(work, datasets)
    if RequestState(state) is RequestState.PUBLISHED and not named:
        raise Invalid("Name the dataset that answers it.", column="datasets")
    return settle(work, before, state=RequestState(state), said=said, datasets=named)


def reopen(work: Work, id: RequestId) -> DataRequest:
    """Take an answer back; what was not yet told is told to nobody."""
    require_steward(work)
    before = get(work, id)
    undone = replace(before, state=RequestState.OPEN, answer="", answered=None)
    rows.save(work.db, undone)
    rows.owe_answer(work.db, id, None)
    audit.record(work, "reopen-request", id, before=before.state.value)
    return undone


def settle(
    work: Work,
    before: DataRequest,
    *,
    state: RequestState,
    said: str,
    datasets: tuple[DatasetId, ...],
) -> DataRequest:
    """Write an answer down, and owe it to everybody who left an address."""
    after = replace(before, state=state, answer=said, datasets=datasets, answered=work.now)
    rows.save(work.db, after)
    is_news = (before.state, before.answer) != (after.state, after.answer)
    if is_news:
        rows.owe_answer(work.db, before.id, work.now + GRACE)
    audit.record(work, "answer-request", before.id, state=state.value, datasets=list(datasets))
    return after


def waits_for(work: Work, dataset: DatasetId) -> bool:
    """Whether an open or planned request names this dataset."""
    return bool(rows.waiting_for(work.db, dataset))


def published(work: Work, dataset: DatasetId) -> int:
    """Close requests that wait for this dataset; answers how many. Twice does nothing twice."""
    waiting = rows.waiting_for(work.db, dataset)
    for one in waiting:
        settle(work, one, state=RequestState.PUBLISHED, said=one.answer, datasets=one.datasets)
    return len(waiting)


def forget_contacts(work: Work) -> int:
    """Forget addresses that waited for two years; answers how many."""
    return rows.forget_contacts(work.db, work.now - _KEEP_CONTACTS)


def token(work: Work, id: RequestId, voter: str) -> str:
    """The secret of the link by which somebody lets their address be forgotten."""
    made = hmac.new(_key(work), f"{id}\0{voter}".encode(), hashlib.sha256)
    return made.hexdigest()[:40]


def forget_me(work: Work, id: RequestId, voter: str, given: str) -> None:
    """Forget the address of who holds the link; their vote stays. `NotFound` for a wrong one."""
    if not hmac.compare_digest(token(work, id, voter).encode(), given.encode()):
        raise NotFound("This link leads nowhere: it was cut short, or made by another portal.")
    rows.forget_contact(work.db, id, voter)
    audit.record(work, "forget-voter", id)


def require_steward(work: Work) -> None:
    """Whoever describes data of any publisher may answer: a request is asked of the city."""
    if not allows_anywhere(work.actor, Action.DESCRIBE):
        raise Forbidden("Answering requests needs a role at a publisher. Ask an administrator.")


def _datasets(work: Work, given: Collection[str]) -> tuple[DatasetId, ...]:
    named = tuple(dict.fromkeys(DatasetId(one.strip()) for one in given if one.strip()))[:20]
    there = {one.dataset.id for one in catalogue.of_ids(work, named)}
    if absent := [one for one in named if one not in there]:
        raise Invalid(f"There is no dataset “{absent[0][:60]}”.", column="datasets")
    return named


def _voter(work: Work, contact: str, language: str) -> Voter:
    address = typed.email(contact)
    if address and rows.contact_uses(work.db, address) >= _MOST_OF_CONTACT:
        raise TooMuch(
            f"This address waits for {_MOST_OF_CONTACT} answers, the most there may be.",
            column="contact",
        )
    if work.actor.kind is not ActorKind.ANYONE:
        made = hmac.new(_key(work), work.actor.id.encode(), hashlib.sha256).hexdigest()[:32]
        return Voter(key=f"a-{made}", contact=address, language=language)
    if not work.visitor:
        raise Forbidden("Vote on the page of the request.")
    return Voter(key=f"v-{work.visitor}", contact=address, language=language)


def _key(work: Work) -> bytes:
    kept = notes.read(work.db, _KEY)
    if kept is None:
        kept = {"key": secrets.token_hex(32)}
        notes.write(work.db, _KEY, kept)
    return bytes.fromhex(kept["key"])
