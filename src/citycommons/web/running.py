"""One request as handlers see it: the city, who asks, and how to answer in their language.

A handler names it as a parameter (`running: Running`) and gets it injected:

    @get("/desk", sync_to_thread=True, opt={"may": May.SIGNED_IN})
    def desk(running: Running) -> Response[str]:
        with running.work() as work:
            return running.page(desk_list(work, running.view()))
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from litestar.di import NamedDependency
from litestar.response import Response

from citycommons.core.counting import COMMAND, Asker
from citycommons.core.types import ANYONE, Actor, ActorKind, Channel, ClientKind
from citycommons.govern import sessions
from citycommons.govern.sessions import Attempts
from citycommons.store.usage import Uses
from citycommons.store.usage.agents import kind_of
from citycommons.store.work import City, Work
from citycommons.web.media_names import media_name
from citycommons.web.session import csrf_of, new_token
from citycommons.web.view import View, choose_language

HTML = "text/html"
LANGUAGE_COOKIE = "lang"
YEAR_S = 365 * 24 * 3600
_COUNTED = (200, 304)  # COUNTER Code of Practice for Research Data 1.0.1, section 10.1


@dataclass(slots=True, kw_only=True)
class RunningRequest:
    """A request in the making; one per request, used by one handler."""

    city: City
    method: str
    path: str
    raw_query: str
    headers: dict[str, str]  # names in lower case
    cookies: dict[str, str]
    address: str  # of the client, as far as trusted proxies tell
    scheme: str
    host: str
    attempts: Attempts
    actor: Actor = ANYONE
    token: str = ""  # of the session, as the browser holds it
    has_key: bool = False  # came with an API key
    suffix: str = ""  # `.json` of the address: "json", "jsonld", "html"; empty if none
    set_cookies: list[str] = field(default_factory=list)
    country: str = ""  # of the client, as a trusted proxy says
    _query: tuple[tuple[str, str], ...] | None = None
    _uses: Uses | None = None
    _asked: Asker = COMMAND

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """Parameters of the address in their order."""
        if self._query is None:
            self._query = tuple(parse_qsl(self.raw_query, keep_blank_values=True))
        return self._query

    def get(self, name: str, default: str = "") -> str:
        """The first value of a parameter of the address."""
        return next((value for key, value in self.query if key == name), default)

    @property
    def is_signed_in(self) -> bool:
        return self.actor.kind is not ActorKind.ANYONE

    @property
    def client(self) -> ClientKind:
        """Who is signed in by key is a program."""
        return ClientKind.MACHINE if self.has_key else kind_of(self.headers.get("user-agent", ""))

    @property
    def url(self) -> str:
        """Scheme and host as readers see them, without a slash at the end."""
        return self.city.settings.public_url.rstrip("/") or f"{self.scheme}://{self.host}"

    @property
    def language(self) -> str:
        return choose_language(
            self.get("lang") or None,
            self.cookies.get(LANGUAGE_COOKIE),
            self.headers.get("accept-language"),
            self.city.settings.language,
        )

    def work(
        self, *, may_write: bool = False, channel: Channel = Channel.PAGE
    ) -> AbstractContextManager[Work]:
        """A transaction in the name of who asks; reading only, unless said otherwise."""
        if self._uses is None:
            self._uses, self._asked = Uses(self.city.usage), self._asker()
        return self.city.work(
            self.actor, may_write=may_write, channel=channel, asker=self._asked, uses=self._uses
        )

    def begins(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """The answer begins, with these headers: what was used counts if the answer succeeds.

        Who asks for the head alone gets no content, so nothing is used.
        """
        if self._uses is None:
            return
        if status in _COUNTED and self.method != "HEAD":
            self._uses.count(self._asked, media_name(self.path, headers) or self.suffix)
        else:
            self._uses.forget(is_over=True)

    def again(self) -> None:
        """What was tried failed before the answer began; another way is tried."""
        if self._uses is not None:
            self._uses.forget()

    def _asker(self) -> Asker:
        headers = self.headers
        return Asker(
            self.actor.id if self.is_signed_in else self.address,
            headers.get("user-agent", ""),
            self.has_key,
            headers.get("referer", ""),
            self.host,
            self.country,
        )

    def sign_in(self, email: str, password: str) -> bool:
        """Start a session for this browser; a session it had before ends, so none can be planted.

        False if e-mail and password open no account. Raises `TooOften` after too many failures.
        """
        signed = sessions.sign_in(
            self.city, self.attempts, email=email, password=password, address=self.address
        )
        if signed is None:
            return False
        if self.token:
            self.sign_out()
        self.actor, self.token = signed.actor, signed.token
        self.set_cookies = [one for one in self.set_cookies if "session=" not in one]
        self.set_cookie("session", signed.token, seconds=int(sessions.LONGEST.total_seconds()))
        self.set_cookie("visit", "", seconds=0)
        return True

    def sign_out(self) -> None:
        """End this browser's session."""
        with self.work(may_write=True) as work:
            sessions.sign_out(work, self.token)
        self.actor, self.token = ANYONE, ""
        self.set_cookie("session", "", seconds=0)

    def csrf(self) -> str:
        """The token that this browser's forms must carry; makes a cookie for who has none yet."""
        name = self.cookie_name("visit")
        token = self.token or self.cookies.get(name, "")
        if not token:
            token = self.cookies[name] = new_token()
            self.set_cookie("visit", token)
        return csrf_of(token)

    def view(self, *, has_form: bool = False) -> View:
        """What a page must know; `has_form` when an anonymous page holds a form that posts."""
        return View(
            settings=self.city.settings,
            actor=self.actor,
            language=self.language,
            path=self.path,
            query=tuple(pair for pair in self.query if pair[0] != "lang"),
            csrf=self.csrf() if self.is_signed_in or has_form else "",
            url=self.url,
        )

    def page(self, html: str, status: int = 200, **headers: str) -> Response[str]:
        """The answer to a browser."""
        if (asked := self.get("lang")) and asked == self.language:
            self.set_cookie(LANGUAGE_COOKIE, asked, seconds=YEAR_S, is_private=False)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return Response(html, status_code=status, media_type=HTML, headers=given)

    def see(self, address: str, *, status: int = 303) -> Response[str]:
        """Send the browser on, to an address of this portal."""
        if not address.startswith("/") or address.startswith(("//", "/\\")):
            address = "/"
        clean = "".join(c for c in address if c.isprintable())
        return Response("", status_code=status, media_type=HTML, headers={"location": clean})

    def cookie_name(self, name: str) -> str:
        """With https only this very host can have set it (`__Host-`)."""
        is_bound = self.scheme == "https" and name != LANGUAGE_COOKIE
        return f"__Host-{name}" if is_bound else name

    def set_cookie(
        self, name: str, value: str, *, seconds: int | None = None, is_private: bool = True
    ) -> None:
        """Give the browser a cookie; zero seconds take it away."""
        parts = [f"{self.cookie_name(name)}={value}", "Path=/", "SameSite=Lax"]
        if seconds is not None:
            parts.append(f"Max-Age={seconds}")
        if is_private:
            parts.append("HttpOnly")
        if self.scheme == "https":
            parts.append("Secure")
        self.set_cookies.append("; ".join(parts))


Running: TypeAlias = NamedDependency[RunningRequest]
"""What a handler writes to get it injected."""


def running_of(scope: Any) -> RunningRequest:
    """The request in its ASGI scope, where `Door` put it."""
    found: RunningRequest = scope["state"]["running"]
    return found
