"""upload: a large file is checked by the form of the console, while CarrierX calls back.

A real web process on a Valkey that syncs to disk gets the file as a browser sends it, again and again, and 300
callbacks a second besides: their answer's p99 meanwhile stands beside that of a time without uploads. The baseline of
an upload is the same check in a process that does nothing else.
"""

from __future__ import annotations

import http.client
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil

from benchmarks.callbacks import callback_body
from benchmarks.caller import call
from benchmarks.campaign import SENDER
from benchmarks.meter import Meter
from benchmarks.result import Asked, Result, Values, median, median_line
from benchmarks.roster import MESSAGE, write_file
from benchmarks.store import Store
from dispatcher.host.ports import LOOPBACK, free_port

ROWS = 1_000_000
RATE = 300
CONNECTIONS = 16
#: Of callbacks: without uploads, and at least beside them.
IDLE_SECONDS = 5.0
BESIDE_SECONDS = 8.0
TOKEN = "admin-token-of-the-benchmark"  # noqa: S105  of a server that lives for minutes
KEY = "callback-key-of-the-benchmark"
_SETTINGS = {
    "MMS_SIMULATE": "1",
    "MMS_ADMIN_TOKEN": TOKEN,
    "MMS_CALLBACK_KEY": KEY,
    "MMS_LOG_LEVEL": "WARNING",
}


def measure(asked: Asked) -> Iterator[Result]:
    """Uploads alone, callbacks alone, and both; then the check alone."""
    rows = asked.size(ROWS)
    with tempfile.TemporaryDirectory(prefix="mms-bench-") as name:
        folder = Path(name)
        write_file(folder / "campaign.csv", rows, sequential=False)
        with Store() as store, _web(store, folder) as (port, pid):
            browser = _Browser(port, (folder / "campaign.csv").read_bytes(), rows)
            quiet = [_quiet(browser, pid) for _ in range(asked.runs)]
            idle = [_called(port, folder, IDLE_SECONDS) for _ in range(asked.runs)]
            beside = [_beside(browser, port, pid, folder) for _ in range(asked.runs)]
        bare = [_bare(folder / "campaign.csv") for _ in range(asked.runs)]
    seconds, alone = median(beside, "seconds"), median(bare, "seconds")
    lines = (
        median_line("upload and check", quiet, median(quiet, "seconds") / alone),
        median_line("upload and check, beside callbacks", beside, seconds / alone),
        median_line("callbacks without uploads", idle),
        median_line("the check alone", bare, 1.0),
    )
    figures = {
        "a million rows checked in the browser": seconds * ROWS / rows,
        "p99 of a callback's answer meanwhile": median(beside, "p99 ms"),
    }
    yield Result("upload", "the check alone, seconds", lines, figures)


def _quiet(browser: _Browser, pid: int) -> Values:
    """One upload, and how much of its work the process does that answers callbacks."""
    web, meter = psutil.Process(pid), Meter((pid,))
    before = web.cpu_times()
    browser.check()
    after = web.cpu_times()
    own = after.user + after.system - before.user - before.system
    return {"seconds": meter.seconds(), "CPU s": meter.cpu(), "web process, CPU s": own}


def _beside(browser: _Browser, port: int, pid: int, folder: Path) -> Values:
    """Uploads, one after the other, for as long as there are callbacks."""
    found: list[Values] = []
    caller = threading.Thread(target=lambda: found.append(_called(port, folder, BESIDE_SECONDS)))
    meter, taken = Meter((pid,)), []
    caller.start()
    while caller.is_alive():
        start = time.perf_counter()
        browser.check()
        taken.append(time.perf_counter() - start)
        meter.look()
    caller.join()
    return {
        "seconds": statistics.median(taken),
        "CPU s": meter.cpu() / len(taken),
        "peak MB": meter.peak_mb,
        **found[0],
    }


def _called(port: int, folder: Path, seconds: float) -> Values:
    """Callbacks for so long; how long their answers took."""
    sids = (str(uuid.uuid4()) for _ in range(round(RATE * seconds)))
    bodies = (callback_body("sent", sid, "12125550100", secrets.token_hex(24)) for sid in sids)
    file = folder / f"callbacks-{secrets.token_hex(4)}"
    file.write_bytes(b"\n".join(bodies))
    found = call(port, f"/callbacks/carrierx/{KEY}", file, connections=CONNECTIONS, rate=RATE)
    assert found["good"] == round(RATE * seconds), "callbacks were not answered 200"
    return {"p50 ms": found["p50 ms"], "p99 ms": found["p99 ms"]}


def _bare(file: Path) -> Values:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "benchmarks.roster", "check", str(file)], capture_output=True, check=True
    )
    return {"seconds": time.perf_counter() - start}


class _Browser:
    """Logged in, with the form of a new campaign before it."""

    def __init__(self, port: int, file: bytes, rows: int) -> None:
        self._port = port
        self._wanted = f"{rows:,}".encode()
        form = urllib.parse.urlencode({"token": TOKEN})
        answer, _ = self._ask(
            "POST", "/login", form.encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        )
        cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        self._headers = {"Cookie": cookie, "Accept": "text/html", "Origin": f"http://{LOOPBACK}:{port}"}
        _, page = self._ask("GET", "/new", b"", self._headers)
        found = re.search(rb'name="csrf" value="([^"]+)"', page)
        assert found is not None, page[:500]
        fields = {"csrf": found[1].decode(), "action": "check", "from": SENDER, "message": MESSAGE}
        self._body = _multipart(fields, file)

    def check(self) -> None:
        """Choose the file and press “Check”; the page says how many rows go."""
        kind = {"Content-Type": "multipart/form-data; boundary=of-the-benchmark"}
        answer, page = self._ask("POST", "/new", self._body, self._headers | kind)
        assert answer.status == 200, page[:2000]
        assert self._wanted in page, page[:2000]

    def _ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        with closing(http.client.HTTPConnection(LOOPBACK, self._port, timeout=120)) as connection:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer, answer.read()


def _multipart(fields: dict[str, str], file: bytes) -> bytes:
    part = '--of-the-benchmark\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    parts = [part.format(name, "") + f"{value}\r\n" for name, value in fields.items()]
    head = "".join(parts) + part.format("file", '; filename="campaign.csv"\r\nContent-Type: text/csv')
    return head.encode() + file + b"\r\n--of-the-benchmark--\r\n"


@contextmanager
def _web(store: Store, folder: Path) -> Iterator[tuple[int, int]]:
    """The web process on this store: its port and id."""
    port = free_port()
    ours = {"MMS_REDIS_URL": store.url, "MMS_DATA_DIR": str(folder / "data"), "MMS_WEB_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "dispatcher.web"], cwd=folder, env={**_environment(), **_SETTINGS, **ours}
    )
    try:
        _await_ready(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("MMS_")}


def _await_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with (
            suppress(OSError),
            closing(http.client.HTTPConnection(LOOPBACK, port, timeout=10)) as connection,
        ):
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.05)
    raise RuntimeError("the web process does not start")
