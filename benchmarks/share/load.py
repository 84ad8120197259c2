"""Requests by the thousand: wrk (Debian's package) over keep-alive connections, from a list."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = """
local paths, at = {}, 0
for line in io.lines("%s") do paths[#paths + 1] = line end
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at], {["accept"] = "*/*"})
end
done = function(summary, latency, requests)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read
  local rate = summary.requests / summary.duration * 1e6
  io.write(string.format("RESULT %%f %%f %%d\\n", rate, latency:percentile(95) / 1000, bad))
end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a server answers under load."""

    requests_s: float
    p95_ms: float


def rate(base: str, paths: Sequence[str], *, seconds: float = 5, connections: int = 8) -> Rate:
    """The rate of these requests in turn. Raises `RuntimeError` when an answer is no 2xx or 3xx."""
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is missing; install Debian's package wrk.")
    with tempfile.TemporaryDirectory() as folder:
        listed, script = Path(folder) / "paths", Path(folder) / "load.lua"
        listed.write_text("\n".join(paths))
        script.write_text(_SCRIPT % listed)
        asked = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s"]
        told = subprocess.run(
            [*asked, "-s", str(script), base], check=True, capture_output=True, text=True
        ).stdout
    words = next(line for line in told.splitlines() if line.startswith("RESULT")).split()
    if int(words[3]):
        raise RuntimeError(f"{base}{paths[0]}: {words[3]} requests failed.")
    return Rate(requests_s=float(words[1]), p95_ms=float(words[2]))
