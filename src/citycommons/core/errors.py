"""The six kinds of error; a door turns a kind into problem details or an exit code."""

from typing import Any, ClassVar


class CityError(Exception):
    """Something a person can act on: the message says what, where, and what next."""

    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    title: ClassVar[str] = "Unexpected"

    def __init__(self, message: str, **where: Any) -> None:
        super().__init__(message)
        self.message = message
        self.where = where


class NotFound(CityError):
    """It is not here, or the asker may not know that it is."""

    http_status, exit_code, title = 404, 4, "Not found"


class Invalid(CityError):
    """What was given cannot be used as it is."""

    http_status, exit_code, title = 422, 5, "Invalid"


class Forbidden(CityError):
    """The actor may not do this."""

    http_status, exit_code, title = 403, 6, "Forbidden"


class Conflict(CityError):
    """Somebody else changed it, or it is so already."""

    http_status, exit_code, title = 409, 7, "Conflict"


class Unavailable(CityError):
    """Something needed does not answer: a disk, a source, a package, a port."""

    http_status, exit_code, title = 503, 8, "Unavailable"


class TooMuch(CityError):
    """Too large or too often."""

    http_status, exit_code, title = 413, 9, "Too much"


class TooOften(TooMuch):
    """Too many requests in too short a time (429); exit code as `TooMuch`."""

    http_status, title = 429, "Too often"
