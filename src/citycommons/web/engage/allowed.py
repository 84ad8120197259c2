"""What strangers may send how often, and a field that people do not see and programs fill in."""

import threading
from weakref import WeakKeyDictionary

from citycommons.store.work import City
from citycommons.web.forms import FormBody
from citycommons.web.limits import Limiter
from citycommons.web.running import RunningRequest

TRAP = "website"
"""Name of the field that stays empty; a program that fills in all fields fills this one too."""
_SENT = (10, 3600.0)  # claims and requests of one address in an hour
_VOTED = (60, 3600.0)  # a school may vote from one address

_limiters: WeakKeyDictionary[City, dict[str, Limiter]] = WeakKeyDictionary()
_lock = threading.Lock()


def is_trapped(form: FormBody) -> bool:
    """Whether a program filled the form in: it is thanked, and nothing is kept."""
    return bool(form.get(TRAP))


def check_sending(running: RunningRequest) -> None:
    """Raises `TooOften` for an address that sends more than a person would."""
    _limiter(running.city, "sent", *_SENT).check(running)


def check_voting(running: RunningRequest) -> None:
    """Raises `TooOften` for an address with more votes than a school has classes."""
    _limiter(running.city, "voted", *_VOTED).check(running)


def _limiter(city: City, name: str, most: int, period_s: float) -> Limiter:
    with _lock:
        mine = _limiters.setdefault(city, {})
        if name not in mine:
            mine[name] = Limiter(most, period_s=period_s)
        return mine[name]
