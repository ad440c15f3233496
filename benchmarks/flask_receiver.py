"""The receiver of CarrierX's guide, a Flask application that reads the callback and stores nothing, under gunicorn."""

from __future__ import annotations

import subprocess
import sys
import time
from http.client import HTTPConnection
from typing import Self

from flask import Flask, request

from dispatcher.host.ports import LOOPBACK, free_port

WORKERS, THREADS = 2, 16
READY_SECONDS = 20

app = Flask(__name__)


@app.route("/callback", methods=["POST"])
def callback() -> str:
    """Take a callback."""
    request.get_json()
    return "OK"


class FlaskReceiver:
    """As one would run it: a worker process a core, with threads, connections kept. Use it in a `with`."""

    def __enter__(self) -> Self:
        self.port = free_port()
        options = [f"--bind={LOOPBACK}:{self.port}", f"--workers={WORKERS}", f"--threads={THREADS}"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options, "--keep-alive=30", f"{__name__}:app"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.pid = self._process.pid
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError("the receiver does not start")
            time.sleep(0.05)
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait(40)

    def _answers(self) -> bool:
        connection = HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request("GET", "/callback")
            return connection.getresponse().status == 405
        except OSError:
            return False
        finally:
            connection.close()
