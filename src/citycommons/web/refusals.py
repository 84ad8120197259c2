"""What only this door refuses: HTTP has statuses for it, the rooms have no word."""

from citycommons.core.errors import Forbidden, Invalid


class NotSignedIn(Forbidden):
    """Who asks is not known, or gave a key that opens nothing (401)."""

    http_status, title = 401, "Not signed in"


class NotUnderstood(Invalid):
    """The request itself is malformed (400)."""

    http_status, title = 400, "Not understood"


class Changed(Invalid):
    """The thing is not any more what the caller believes (412)."""

    http_status, exit_code, title = 412, 7, "Changed meanwhile"
