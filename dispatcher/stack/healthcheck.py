"""`python -m dispatcher.stack.healthcheck SERVICE`: does that service of this machine or container work?

A worker by its sign of life in the ledger, in which it says whether it takes what waits; beat by the ticks that arrive
there, web and Flower by their answers.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys
import time

from dispatcher.control_characters import strip_control_characters
from dispatcher.errors import MmsError
from dispatcher.host.ports import LOOPBACK
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import translated
from dispatcher.queues import QUEUE_NAMES, STILL_MS
from dispatcher.settings import Settings, settings

#: A tick leaves a trace for most of a second; none at all in this time means that none comes.
TICKS_SECONDS = 5.0

SERVICES = (*QUEUE_NAMES, "beat", "web", "flower")


def is_healthy(service: str, settings: Settings) -> bool:
    """Whether the service works.

    Raises:
        StoreUnavailable: the ledger does not answer.
    """
    if service == "web":
        return _answers(settings.web_port, "/readyz")
    if service == "flower":
        return _answers(settings.flower_port, "/healthcheck")
    ledger = Ledger.open(settings)
    if service == "beat":
        return _ticks(ledger)
    facts = ledger.agenda.workers().get(f"{service}@{socket.gethostname()}")
    return facts is not None and int(facts.get("still_ms") or 0) < STILL_MS


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _ticks(ledger: Ledger) -> bool:
    deadline = time.monotonic() + TICKS_SECONDS
    with translated():
        while not ledger.redis.exists(keys.TICK):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
    return True


def main(arguments: list[str]) -> int:
    """0 it works, 1 it does not, 2 no such service."""
    if len(arguments) != 1 or arguments[0] not in SERVICES:
        sys.stderr.write(f"say one of: {', '.join(SERVICES)}\n")
        return 2
    try:
        healthy = is_healthy(arguments[0], settings())
    except MmsError as error:
        sys.stderr.write(f"{strip_control_characters(error.message)}\n")
        return 1
    if not healthy:
        sys.stderr.write(f"{arguments[0]} gives no sign of life\n")
    return os.EX_OK if healthy else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
