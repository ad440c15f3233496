"""What sending is measured against: loops that POST and remember nothing, in Python's own ways.

    python -m benchmarks.loops KIND URL FIRST_ROW ROWS SECONDS THREADS

Prints JSON: how many were posted, in so many CPU seconds. Each thread has a connection of its own.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

import requests

from benchmarks.campaign import MEDIA, SENDER

TEXT = "Northwind: hi Ann {row}, your order waits at Store 7. Reply STOP to opt out."
HEADERS = {"Authorization": "Bearer token-of-the-benchmark"}
#: Posts one row.
Post = Callable[[int], None]


def message(row: int) -> dict[str, object]:
    """A message like those of the campaign."""
    to = str(12_125_550_000 + row)
    return {
        "from": SENDER,
        "to": to,
        "message": TEXT.format(row=row),
        "media_urls": MEDIA,
        "user_data": f"{row:040}",
    }


def _bare(url: str) -> Post:
    """As the documentation of `requests` has it."""
    session = requests.Session()
    session.headers.update(HEADERS)

    def post(row: int) -> None:
        answer = session.post(url, json=message(row), timeout=30)
        answer.raise_for_status()
        answer.json()

    return post


def _tuned(url: str) -> Post:
    """As far as `requests` goes: nothing looked up in the environment, one prepared request, a body of bytes."""
    session = requests.Session()
    session.trust_env = False
    prepared = session.prepare_request(requests.Request("POST", url, headers={**HEADERS, **_JSON}))
    adapter = session.get_adapter(url)

    def post(row: int) -> None:
        prepared.body = json.dumps(message(row)).encode()
        prepared.headers["Content-Length"] = str(len(prepared.body))
        answer = adapter.send(prepared, timeout=30)
        answer.raise_for_status()
        json.loads(answer.content)

    return post


def _client(url: str) -> Post:
    """`http.client` on one connection that is kept."""
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=30)
    headers = {**HEADERS, **_JSON}

    def post(row: int) -> None:
        connection.request("POST", address.path, json.dumps(message(row)).encode(), headers)
        answer = connection.getresponse()
        taken = answer.read()
        assert answer.status == 200, answer.status
        json.loads(taken)

    return post


_JSON = {"Content-Type": "application/json"}
KINDS: dict[str, Callable[[str], Post]] = {"bare": _bare, "tuned": _tuned, "http.client": _client}


@dataclass(frozen=True)
class Posted:
    """How many came through, and the CPU seconds of the processes that posted them."""

    rows: int
    cpu: float


def post_all(kind: str, url: str, rows: range, seconds: float, threads: int) -> Posted:
    """The loop, so many at once, until all rows are posted or the time is over."""
    row, start, until = itertools.count(rows.start), time.process_time(), time.monotonic() + seconds

    def loop(_: int) -> int:
        post, posted = KINDS[kind](f"{url}/sms/messages"), 0
        while time.monotonic() < until and (number := next(row)) < rows.stop:
            post(number)
            posted += 1
        return posted

    if threads == 1:
        return Posted(loop(0), time.process_time() - start)
    with ThreadPoolExecutor(threads) as pool:
        return Posted(sum(pool.map(loop, range(threads))), time.process_time() - start)


def post_in_processes(
    kind: str, url: str, rows: int, seconds: float, *, processes: int, threads: int = 1
) -> Posted:
    """The loop in so many processes at once, each with its share."""
    share = -(-rows // processes)
    command = [sys.executable, "-m", "benchmarks.loops", kind, url]
    shares = [(str(first), str(min(share, rows - first))) for first in range(0, rows, share)]
    started = [
        subprocess.Popen([*command, *each, str(seconds), str(threads)], stdout=subprocess.PIPE)
        for each in shares
    ]
    found = [Posted(**json.loads(process.communicate()[0])) for process in started]
    return Posted(sum(each.rows for each in found), sum(each.cpu for each in found))


if __name__ == "__main__":
    kind_of_loop, url, first, rows, seconds, threads = sys.argv[1:]
    mine = range(int(first), int(first) + int(rows))
    print(json.dumps(vars(post_all(kind_of_loop, url, mine, float(seconds), int(threads)))))
