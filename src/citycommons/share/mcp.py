"""Model Context Protocol: JSON-RPC messages answered from tools, without a session.

Both generations of the protocol are spoken. Until 2025-11-25 a client says `initialize` and is
told the version; nothing has to be remembered of it here. From 2026-07-28 each request carries
its version in `params._meta`, mirrored in headers, and `server/discover` stands for the handshake.

References
----------
Model Context Protocol, revisions 2025-03-26, 2025-06-18, 2025-11-25 and 2026-07-28: base
protocol, transports (streamable HTTP, stdio), server features (tools).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson

from citycommons.core.errors import CityError, Invalid

JsonObject = dict[str, Any]

HANDSHAKE = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN = ("2026-07-28",)
VERSIONS = (*HANDSHAKE, *MODERN)
MOST_BYTES = 64 * 1024  # of a message; a question to data is short

PARSE, REQUEST, METHOD, PARAMS, INTERNAL = -32700, -32600, -32601, -32602, -32603
HEADER, VERSION = -32020, -32022
_STATUS = {PARSE: 400, REQUEST: 400, PARAMS: 400, HEADER: 400, VERSION: 400, METHOD: 404}
_META = "io.modelcontextprotocol/"
_VERSION_KEY, _CAPABILITIES_KEY = f"{_META}protocolVersion", f"{_META}clientCapabilities"
_FRESH_MS = 3_600_000
_TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a tool."""

    name: str
    description: str
    kind: str = "string"  # or "integer"
    is_required: bool = False
    default: Any = None
    minimum: int | None = None
    maximum: int | None = None  # what is larger is taken as this
    choices: tuple[str, ...] = ()

    def schema(self) -> JsonObject:
        """As JSON Schema says it."""
        found: JsonObject = {"type": self.kind, "description": self.description}
        if self.default is not None:
            found["default"] = self.default
        if self.choices:
            found["enum"] = list(self.choices)
        if self.minimum is not None:
            found["minimum"] = self.minimum
        if self.maximum is not None:
            found["maximum"] = self.maximum
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a tool answers: words for a reader, and the same as an object."""

    text: str
    data: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that reads; `run` gets its arguments checked and with their defaults."""

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    output: JsonObject  # JSON Schema of `Result.data`
    run: Callable[[Any, Mapping[str, Any]], Result]

    def declared(self) -> JsonObject:
        """As `tools/list` says it."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": {
                "type": "object",
                "properties": {one.name: one.schema() for one in self.parameters},
                "required": [one.name for one in self.parameters if one.is_required],
                "additionalProperties": False,
            },
            "outputSchema": self.output,
            "annotations": {
                "title": self.title,
                "readOnlyHint": True,
                "destructiveHint": False,
                "idempotentHint": True,
                "openWorldHint": False,
            },
        }

    def arguments(self, given: Mapping[str, Any]) -> JsonObject:
        """The arguments with defaults. Raises `Invalid` that names the wrong one."""
        known = {one.name: one for one in self.parameters}
        if unknown := sorted(set(given) - set(known)):
            raise Invalid(
                f"“{unknown[0]}” is no argument of {self.name}. Arguments are: {', '.join(known)}."
            )
        return {name: _argument(one, given.get(name)) for name, one in known.items()}


def _argument(one: Parameter, value: Any) -> Any:
    if value is None:
        if one.is_required:
            raise Invalid(f"“{one.name}” is missing: {one.description}")
        return one.default
    if one.kind == "string" and isinstance(value, int | float):
        value = str(value).lower() if isinstance(value, bool) else str(value)
    if one.kind == "integer" and isinstance(value, str) and value.strip().isdecimal():
        value = int(value[:18])
    if not isinstance(value, _TYPES[one.kind]) or isinstance(value, bool):
        raise Invalid(f"“{one.name}” must be a {one.kind}.")
    if one.choices:
        value = str(value).lower()
        if value not in one.choices:
            raise Invalid(f"“{one.name}” is one of: {', '.join(one.choices)}.")
    if one.minimum is not None:
        value = max(one.minimum, value)
    return value if one.maximum is None else min(one.maximum, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Who answers: its name, what it tells every client, its tools."""

    name: str
    title: str
    version: str
    instructions: str
    website: str
    tools: Mapping[str, Tool]
    house: Any  # what tools are run with
    unexpected: Callable[[Exception], CityError]  # writes it down, and tells a number

    def info(self) -> JsonObject:
        """`Implementation`."""
        return {
            "name": self.name,
            "title": self.title,
            "version": self.version,
            "websiteUrl": self.website,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to one message; no body for a notification."""

    body: JsonObject | None
    status: int = 200  # over HTTP

    def packed(self) -> bytes:
        """As it goes over the wire."""
        return b"" if self.body is None else orjson.dumps(self.body)


class RpcError(Exception):
    """A JSON-RPC error on its way out."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


@dataclass(slots=True)
class _Request:
    id: Any = None
    method: str = ""
    params: JsonObject = field(default_factory=dict)
    is_modern: bool = False


def answer(server: Server, message: bytes, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer one message; `headers` (names in lower case) as they came over HTTP."""
    request = _Request()
    try:
        raw = _read(message)
        version = (headers or {}).get("mcp-protocol-version", "")
        _check_header(version)
        if "method" not in raw and ("result" in raw or "error" in raw):
            return Reply(body=None, status=202)  # an answer to what was never asked
        _fill(request, raw)
        if "id" not in raw:
            return Reply(body=None, status=202)
        request.is_modern = _is_modern(request, version)
        if request.is_modern:
            _check_envelope(request, headers)
        result = _result(server, request)
    except RpcError as error:
        return _refused(request, error)
    return Reply(body={"jsonrpc": "2.0", "id": request.id, "result": result})


def _refused(request: _Request, error: RpcError) -> Reply:
    told: JsonObject = {"code": error.code, "message": error.message}
    if error.data is not None:
        told["data"] = error.data
    # In the older generation an error inside a readable request is an answer like another.
    is_told_by_http = request.is_modern or not request.method or error.code in (REQUEST, VERSION)
    status = _STATUS.get(error.code, 200) if is_told_by_http else 200
    return Reply(body={"jsonrpc": "2.0", "id": request.id, "error": told}, status=status)


def _read(message: bytes) -> JsonObject:
    if len(message) > MOST_BYTES:
        raise RpcError(REQUEST, f"A message has at most {MOST_BYTES} bytes.")
    try:
        raw = orjson.loads(message)
    except orjson.JSONDecodeError as cause:
        raise RpcError(PARSE, "The message is no JSON.") from cause
    if isinstance(raw, list):
        raise RpcError(REQUEST, "Batches are not taken: send one message at a time.")
    if not isinstance(raw, dict) or raw.get("jsonrpc") != "2.0":
        raise RpcError(REQUEST, "The message must be a JSON-RPC 2.0 object.")
    return raw


def _check_header(version: str) -> None:
    if version and version not in VERSIONS:
        raise RpcError(
            VERSION,
            f"Protocol version {version[:40]} is not spoken here.",
            {"supported": list(VERSIONS), "requested": version[:40]},
        )


def _fill(request: _Request, raw: JsonObject) -> None:
    if isinstance(raw.get("id"), str | int) and not isinstance(raw["id"], bool):
        request.id = raw["id"]
    elif "id" in raw:
        raise RpcError(REQUEST, "The id of a request is a text or a whole number.")
    if not isinstance(raw.get("method"), str) or not raw["method"]:
        raise RpcError(REQUEST, "The message names no method.")
    request.method = raw["method"]
    params = raw.get("params", {})
    if not isinstance(params, dict):
        raise RpcError(PARAMS, "The params must be an object.")
    request.params = params


def _is_modern(request: _Request, version: str) -> bool:
    if request.method == "initialize":
        return False
    meta = request.params.get("_meta")
    return version in MODERN or (isinstance(meta, dict) and _VERSION_KEY in meta)


def _check_envelope(request: _Request, headers: Mapping[str, str] | None) -> None:
    """Revision 2026-07-28, base protocol, “Per-request protocol fields”."""
    meta = request.params.get("_meta")
    if not isinstance(meta, dict) or not {_VERSION_KEY, _CAPABILITIES_KEY} <= set(meta):
        raise RpcError(PARAMS, f"params._meta must have {_VERSION_KEY} and {_CAPABILITIES_KEY}.")
    version = meta[_VERSION_KEY]
    if not isinstance(version, str):
        raise RpcError(PARAMS, f"{_VERSION_KEY} must be a text.")
    if headers is not None:
        wanted = {"mcp-protocol-version": version, "mcp-method": request.method}
        if request.method == "tools/call":
            wanted["mcp-name"] = str(request.params.get("name", ""))
        for name, value in wanted.items():
            if headers.get(name) != value:
                raise RpcError(HEADER, f"The header {name} does not say what the body says.")
    if version not in MODERN:
        data = {"supported": list(VERSIONS), "requested": version[:40]}
        raise RpcError(VERSION, "This protocol version is not spoken here.", data)


def _result(server: Server, request: _Request) -> JsonObject:
    if request.method == "initialize":
        return _initialized(server, request.params)
    if request.method == "tools/call":
        found = _called(server, request.params)
    elif request.method == "tools/list":
        if request.params.get("cursor"):
            raise RpcError(PARAMS, "There is one page of tools.")
        found = {"tools": [one.declared() for one in server.tools.values()]}
        found |= _kept() if request.is_modern else {}
    elif request.method == "server/discover" and request.is_modern:
        found = {
            "supportedVersions": list(VERSIONS),
            "capabilities": {"tools": {}},
            "instructions": server.instructions,
        } | _kept()
    elif request.method == "ping" and not request.is_modern:
        found = {}
    else:
        raise RpcError(METHOD, f"There is no method “{request.method[:80]}” here.")
    if request.is_modern:
        found |= {"resultType": "complete", "_meta": {f"{_META}serverInfo": server.info()}}
    return found


def _kept() -> JsonObject:
    return {"ttlMs": _FRESH_MS, "cacheScope": "public"}


def _initialized(server: Server, params: JsonObject) -> JsonObject:
    asked = params.get("protocolVersion")
    if not isinstance(asked, str):
        raise RpcError(PARAMS, "initialize needs protocolVersion.")
    return {
        "protocolVersion": asked if asked in HANDSHAKE else HANDSHAKE[-1],
        "capabilities": {"tools": {"listChanged": False}},
        "serverInfo": server.info(),
        "instructions": server.instructions,
    }


def _called(server: Server, params: JsonObject) -> JsonObject:
    name, given = params.get("name"), params.get("arguments") or {}
    if not isinstance(name, str) or (tool := server.tools.get(name)) is None:
        raise RpcError(PARAMS, f"There is no tool “{str(name)[:80]}”; see tools/list.")
    if not isinstance(given, dict):
        raise RpcError(PARAMS, "The arguments must be an object.")
    try:
        result = tool.run(server.house, tool.arguments(given))
    except CityError as error:
        return _failed(error)
    except Exception as error:  # noqa: BLE001 - told by a number; the log has the rest
        return _failed(server.unexpected(error))
    data = msgspec.to_builtins(result.data)
    text = {"type": "text", "text": result.text}
    return {"content": [text], "structuredContent": data, "isError": False}


def _failed(error: CityError) -> JsonObject:
    # In the result, not as an error of the protocol: the model reads it, and asks better.
    return {"content": [{"type": "text", "text": error.message}], "isError": True}
