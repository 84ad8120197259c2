"""An error as one sentence for people, an object for programs, and an exit code for scripts."""

import json
import sys

from citycommons.core.errors import CityError, TooMuch, Unavailable


def complain(error: Exception, *, wants_json: bool = False) -> int:
    """Print the error to stderr (and, for programs, as JSON to stdout); answer the exit code."""
    known = _known(error)
    if wants_json:
        body = {
            "title": known.title,
            "detail": known.message,
            "exit_code": known.exit_code,
            **{name: value for name, value in known.where.items() if _is_plain(value)},
        }
        print(json.dumps({"error": body}, ensure_ascii=False, indent=2))
    print(f"citycommons: {' '.join(known.message.split())}", file=sys.stderr)
    return known.exit_code


def _known(error: Exception) -> CityError:
    if isinstance(error, CityError):
        return error
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return Unavailable(f"The system says: {where}{error.strerror or error}.")
    if isinstance(error, MemoryError):
        return TooMuch("There is not enough memory for this. Split the file, or add memory.")
    return CityError(
        f"Something unexpected happened ({type(error).__name__}). Nothing half done was kept; "
        "run again with CITYCOMMONS_DEBUG=1 to see where, and report it."
    )


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool | None)
