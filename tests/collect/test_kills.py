"""`kill -9` at any moment of collecting: what is kept is whole, and the next run finishes."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from citycommons.collect.cache import Cache
from citycommons.collect.polite import Polite
from citycommons.collect.web import Web

FILES = 12
TRIES = 12

FETCH = """
import sys
from pathlib import Path
from citycommons.collect.polite import Polite
from citycommons.collect.web import Web

print("begun", flush=True)
for _ in Web(
    url=sys.argv[1],
    parts=tuple(str(n) for n in range(int(sys.argv[3]))),
    client=Polite(cache=Path(sys.argv[2]), allow_hosts=("127.0.0.1",)),
).fetch():
    print("kept", flush=True)
"""


def body(path: str) -> bytes:
    return path.encode() * 40_000


def test_what_is_kept_is_whole_whenever_the_process_is_killed(origin, tmp_path):
    def answer(request, _):
        content = body(request.path)
        start = 0
        if asked := request.headers.get("Range"):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        request.send_response(206 if start else 200)
        if start:
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            request.send_header("Content-Range", span)
        request.send_header("Content-Length", str(len(content) - start))
        request.send_header("ETag", '"one"')
        request.end_headers()
        for at in range(start, len(content), 65_536):
            try:
                request.wfile.write(content[at : at + 65_536])
            except OSError:  # killed
                return
            time.sleep(0.001)

    origin.answer = answer
    url = origin.url("/{part}")
    chance = random.Random(7)
    was_cut = 0
    for _ in range(TRIES):
        child = subprocess.Popen(
            [sys.executable, "-c", FETCH, url, str(tmp_path), str(FILES)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0, 0.12))
        child.send_signal(signal.SIGKILL)
        acknowledged = child.stdout.read().count("kept")
        child.stdout.close()
        was_cut += child.wait() == -signal.SIGKILL
        for part in range(acknowledged):
            known = Cache(tmp_path).recall(url.replace("{part}", str(part)))
            assert known is not None
            path = Cache(tmp_path).path(known.digest)
            assert path.read_bytes() == body(f"/{part}")
    assert was_cut
    last = Web(
        url=url,
        parts=tuple(map(str, range(FILES))),
        client=Polite(cache=tmp_path, allow_hosts=("127.0.0.1",)),
    )
    found = [parcel.path.read_bytes() for parcel in last.fetch()]
    assert found == [body(f"/{part}") for part in range(FILES)]
    assert not list(Path(tmp_path).glob("partial/*.part"))
