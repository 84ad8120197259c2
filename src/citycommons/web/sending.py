"""A file on the disk as an answer: whole by the kernel where the server can, else in chunks.

Parts, conditions and tags are those of RFC 9110: `Range`, `If-Range`, one part or several.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from litestar.response import Response, Stream
from litestar.response.streaming import ASGIStreamingResponse

from citycommons.share.kept import Making
from citycommons.web.ranges import Part, parts
from citycommons.web.running import Running

BY_PATH = "http.response.pathsend"  # extension of ASGI: the server itself reads the file
_CHUNK = 1 << 18
_GROWN = 1 << 16
_POLL_S = 0.05
_beginners = ThreadPoolExecutor(4, "begin")


class FileAnswer(Response[bytes]):
    """A whole file, or the parts of it that were asked for."""

    def __init__(
        self, path: Path, media_type: str, headers: dict[str, str], asked: list[Part], size: int
    ) -> None:
        self._path, self._asked, self._size = path, asked, size
        self._bounds: list[bytes] = []
        status = 206 if asked else 200
        headers = {**headers, "accept-ranges": "bytes", "content-length": str(size)}
        if len(asked) == 1:
            first, last = asked[0]
            headers["content-range"] = f"bytes {first}-{last}/{size}"
            headers["content-length"] = str(last - first + 1)
        elif asked:
            mark = uuid4().hex
            self._bounds = [_bound(mark, media_type, part, size) for part in asked]
            self._bounds.append(f"\r\n--{mark}--\r\n".encode())
            length = sum(map(len, self._bounds)) + sum(b - a + 1 for a, b in asked)
            headers["content-length"] = str(length)
            media_type = f"multipart/byteranges; boundary={mark}"
        super().__init__(b"", status_code=status, media_type=media_type, headers=headers)

    def to_asgi_response(self, app: Any, request: Any, **given: Any) -> "_Sending":
        headers = {**(given.get("headers") or {}), **self.headers}
        sending = _Sending(
            iterator=self._chunks(),
            headers=headers,
            media_type=self.media_type,
            status_code=self.status_code,
            cookies=given.get("cookies"),
        )
        is_whole = self._asked in ([], [(0, self._size - 1)])
        sending.path = self._path if is_whole else None
        return sending

    async def _chunks(self) -> AsyncIterator[bytes]:
        with self._path.open("rb") as file:
            for place, (first, last) in enumerate(self._asked or [(0, self._size - 1)]):
                if self._bounds:
                    yield self._bounds[place]
                left = last - first + 1
                file.seek(first)
                while left > 0 and (chunk := await asyncio.to_thread(file.read, min(_CHUNK, left))):
                    left -= len(chunk)
                    yield chunk
        if self._bounds:
            yield self._bounds[-1]


def _bound(mark: str, media_type: str, part: Part, size: int) -> bytes:
    first, last = part
    return (
        f"\r\n--{mark}\r\nContent-Type: {media_type}\r\n"
        f"Content-Range: bytes {first}-{last}/{size}\r\n\r\n"
    ).encode()


class _Sending(ASGIStreamingResponse):
    """Streams, unless the server takes the path of a whole file."""

    path: Path | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.path is None or BY_PATH not in (scope.get("extensions") or {}):
            await super().__call__(scope, receive, send)
            return
        await self.start_response(send)
        await send({"type": BY_PATH, "path": str(self.path)})


def file_answer(
    running: Running, path: Path, media_type: str, headers: Mapping[str, str]
) -> FileAnswer:
    """The file, or the parts that the request asks for and that are of the same state.

    Raises `NoSuchRange` when none of the parts lies inside.
    """
    size = path.stat().st_size
    since = running.headers.get("if-range", "")
    # Parts of a weakly tagged answer may not be put together (section 13.1.5).
    is_same = not since.startswith("W/") and since in (
        *("", headers.get("etag")),
        headers.get("last-modified"),
    )
    asked = parts(running.headers.get("range", ""), size) if is_same else []
    return FileAnswer(path, plain_type(media_type), dict(headers), asked, size)


def content_answer(
    running: Running,
    content: bytes | Path | Making,
    media_type: str,
    headers: dict[str, str],
    *,
    is_readable_growing: bool = True,
) -> Response[Any]:
    """What `share.downloads` gives, in the way that suits it and the request.

    Who asks for a part, or for the length alone, waits until there is a whole.
    """
    if isinstance(content, bytes):
        return Response(content, media_type=plain_type(media_type), headers=headers)
    if isinstance(content, Path):
        return file_answer(running, content, media_type, headers)
    if is_readable_growing and not asks_parts(running) and running.method != "HEAD":
        return Stream(growing(content), media_type=plain_type(media_type), headers=headers)
    return LaterAnswer(running, content, media_type, headers)


def asks_parts(running: Running) -> bool:
    """Whether parts are wished for: their bytes are counted in the file as it is, not packed."""
    return "range" in running.headers


def packed_as(headers: dict[str, str], encoding: str) -> dict[str, str]:
    """The headers for a body in this content coding, whose tag is another's."""
    if not encoding:
        return headers
    tag = headers["etag"]
    return {**headers, "etag": f'{tag[:-1]}-{encoding}"', "content-encoding": encoding}


class LaterAnswer(Response[bytes]):
    """A file in the making: waited for without holding a thread, then sent as any other."""

    def __init__(
        self, running: Running, making: Making, media_type: str, headers: dict[str, str]
    ) -> None:
        super().__init__(b"", media_type=plain_type(media_type), headers=headers)
        self._running, self._making = running, making

    def to_asgi_response(self, app: Any, request: Any, **given: Any) -> Any:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            path = await asyncio.wrap_future(self._making.done)
            made = file_answer(self._running, path, str(self.media_type), self.headers)
            await made.to_asgi_response(app, request, **given)(scope, receive, send)

        return answer


class SoonAnswer(Response[bytes]):
    """An answer whose beginning takes its time: threads of its own find it, none of the pages'."""

    def __init__(self, begin: Callable[[], Response[Any]]) -> None:
        super().__init__(b"")
        self._begin = begin

    def to_asgi_response(self, app: Any, request: Any, **given: Any) -> Any:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            made = await asyncio.get_running_loop().run_in_executor(_beginners, self._begin)
            await made.to_asgi_response(app, request, **given)(scope, receive, send)

        return answer


async def growing(making: Making) -> AsyncIterator[bytes]:
    """What there is of a file, until there is all of it; nothing holds up who makes it.

    Raises what ended the making, so that the connection breaks instead of seeming whole.
    """
    while (file := _opened(making)) is None:
        await asyncio.sleep(_POLL_S)
    with file:
        while True:
            # Looked at before reading: nothing comes after it.
            is_over = making.is_written or making.done.done()
            # Read here and in no thread: what was written a moment ago is still in memory.
            if chunk := file.read(_GROWN):
                yield chunk
            elif is_over:
                if not making.is_written:
                    making.done.result()
                return
            else:
                await asyncio.sleep(_POLL_S)


def _opened(making: Making) -> BinaryIO | None:
    """What there is of the file; None before there is any. Raises what ended the making."""
    path = making.done.result() if making.done.done() else making.part
    with suppress(FileNotFoundError):  # not begun, or renamed a moment ago
        return path.open("rb") if path else None
    return None


def plain_type(media_type: str) -> str:
    """Without the charset, which the framework adds to every text."""
    return media_type.partition(";")[0] if media_type.startswith("text/") else media_type
