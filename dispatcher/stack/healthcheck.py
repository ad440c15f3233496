"""`python -m dispatcher.stack.healthcheck SERVICE`: does that service of this machine or container work?

A worker by its sign of life in the ledger, in which it says whether it takes what waits; beat by the ticks that arrive
there, web and Flower by their answers. Containers ask every few seconds, so it loads nothing but the standard library
and names of ours: neither the settings' judge nor the client of Redis.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

from dispatcher.control_characters import strip_control_characters
from dispatcher.errors import ConfigError, MmsError
from dispatcher.host.ports import LOOPBACK
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.address import found_address
from dispatcher.ledger.store.question import Inquiry
from dispatcher.queues import QUEUE_NAMES, STILL_MS, service_of
from dispatcher.sources import written

#: A tick leaves a trace for most of a second; none at all in this time means that none comes.
TICKS_SECONDS = 5.0
_ANSWER_SECONDS = 5.0

SERVICES = (*QUEUE_NAMES, "beat", "web", "flower")
#: What `dispatcher.settings` says, too, where nothing is written; a test compares them.
DEFAULTS: dict[str, Any] = {"redis_url": None, "data_dir": ".mms", "web_port": 8080, "flower_port": 5555}


def is_healthy(service: str, config: dict[str, Any]) -> bool:
    """Whether the service works; `config` has the settings of `DEFAULTS`.

    Raises:
        StoreUnavailable: the ledger does not answer.
        ConfigError: no address of it is known, or it is none.
        ValueError: a port is no number, or an answer is not what we write.
    """
    if service == "web":
        return _answers(int(config["web_port"]), "/readyz")
    if service == "flower":
        return _answers(int(config["flower_port"]), "/healthcheck")
    with Inquiry(found_address(config["redis_url"], Path(config["data_dir"]))) as ledger:
        return _ticks(ledger) if service == "beat" else _takes(ledger, f"{service}@{_host(service, config)}")


def _answers(port: int, path: str) -> bool:
    """Whether it is answered 200; `http.client` would load the reader of mail for one line."""
    request = f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((LOOPBACK, port), timeout=_ANSWER_SECONDS) as connection:
            connection.sendall(request.encode())
            with connection.makefile("rb") as answer:
                return answer.readline().split()[1:2] == [b"200"]
    except OSError:
        return False


def _host(queue: str, config: dict[str, Any]) -> str:
    """What this host is called in the names of its workers: by its own name, unless `stack/_host_name.py` kept
    another."""
    try:
        return (Path(config["data_dir"]) / "run" / f"{service_of(queue)}.host").read_text("ascii")
    except OSError:
        return socket.gethostname()


def _takes(ledger: Inquiry, worker: str) -> bool:
    said = ledger.ask("GET", keys.WORKER + worker)
    return isinstance(said, bytes) and int(json.loads(said).get("still_ms") or 0) < STILL_MS


def _ticks(ledger: Inquiry) -> bool:
    deadline = time.monotonic() + TICKS_SECONDS
    while not ledger.ask("EXISTS", keys.TICK):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def config() -> dict[str, Any]:
    """What is written of these settings, over the defaults.

    Raises:
        ConfigError: mms.toml cannot be read.
    """
    try:
        return DEFAULTS | {name: value for name, value in written().items() if name in DEFAULTS}
    except (OSError, ValueError) as error:
        raise ConfigError(f"mms.toml cannot be read: {error}") from None


def main(arguments: list[str]) -> int:
    """0 it works, 1 it does not, 2 no such service."""
    if len(arguments) != 1 or arguments[0] not in SERVICES:
        sys.stderr.write(f"say one of: {', '.join(SERVICES)}\n")
        return 2
    try:
        healthy = is_healthy(arguments[0], config())
    except MmsError as error:
        sys.stderr.write(f"{strip_control_characters(error.message)}\n")
        return 1
    except ValueError:  # what is set may be a secret
        sys.stderr.write("what is set cannot be used: a port that is no number, an address that is none\n")
        return 1
    if not healthy:
        sys.stderr.write(f"{arguments[0]} gives no sign of life\n")
    return os.EX_OK if healthy else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
