"""The floor of sending: a bare loop of `requests.Session.post`, which remembers nothing.

    python -m benchmarks.loops URL FIRST_ROW ROWS [tuned]

`tuned` turns off the look for proxies and .netrc in the environment that `requests` makes for every request.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

import requests

from benchmarks.campaign import MEDIA, SENDER

TEXT = "Northwind: hi Ann {row}, your order waits at Store 7. Reply STOP to opt out."
HEADERS = {"Authorization": "Bearer token-of-the-benchmark"}


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


def post_all(url: str, first: int, rows: int, *, tuned: bool) -> float:
    """The loop; answers its CPU seconds."""
    with requests.Session() as session:
        session.trust_env = not tuned
        session.headers.update(HEADERS)
        start = time.process_time()
        for row in range(first, first + rows):
            answer = session.post(f"{url}/sms/messages", json=message(row), timeout=30)
            answer.raise_for_status()
            answer.json()
        return time.process_time() - start


def post_in_processes(url: str, rows: int, processes: int, *, tuned: bool) -> float:
    """The loop in so many processes at once, each with its share; their CPU seconds."""
    share = -(-rows // processes)
    commands = [
        [
            sys.executable,
            "-m",
            "benchmarks.loops",
            url,
            str(first),
            str(min(share, rows - first)),
            *["tuned"] * tuned,
        ]
        for first in range(0, rows, share)
    ]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for command in commands]
    return sum(float(json.loads(process.communicate()[0])) for process in started)


if __name__ == "__main__":
    print(post_all(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), tuned="tuned" in sys.argv))
