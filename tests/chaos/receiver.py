"""Trials of the callback receiver: started while Valkey is away, and dead with a spool that another one must find."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from dispatcher.ledger.store import keys
from dispatcher.stack.addresses import CALLBACK_PATH
from tests.chaos.append_only import commands
from tests.valkey import free_port

if TYPE_CHECKING:
    from tests.chaos.stand import Stand

#: Valkey stays away until the trial is over, and no longer than this.
AWAY_SECONDS = 60.0
PROBES = 6
_MARK = "chaos-probe "


def start_without_store(stand: Stand) -> None:
    """The web process is started while Valkey is away; its receiver must take what comes."""
    valkey, web = stand.part("valkey"), stand.part("web")
    valkey.kill(AWAY_SECONDS)
    web.kill(0.0)
    died_before = web.deaths
    trial = _Trial(stand, stand.web_port)
    if not trial.answered_within(AWAY_SECONDS / 2, lambda: web.deaths == died_before):
        stand.receiver_troubles.append("a web process started without Valkey took no callback")
    trial.probe()
    valkey.come_back()


def die_with_a_spool(stand: Stand) -> None:
    """A second receiver, of another port, takes callbacks while Valkey is away, and dies for good."""
    port = free_port()
    valkey = stand.part("valkey")
    valkey.kill(AWAY_SECONDS)
    trial = _Trial(stand, port)
    with stand.another_receiver(port):
        if trial.answered_within(AWAY_SECONDS / 2, lambda: True):
            trial.probe()
    valkey.come_back()


class _Trial:
    """Callbacks that only we know, each sent once; what was answered 200 must reach the stream, once, in order."""

    def __init__(self, stand: Stand, port: int) -> None:
        self._stand = stand
        self._address = f"http://127.0.0.1:{port}{CALLBACK_PATH}{stand.callback_key}"
        self._name = uuid.uuid4().hex[:8]
        self._numbers = itertools.count()

    def answered_within(self, seconds: float, lives: Callable[[], bool]) -> bool:
        """Send until one is answered 200; False when that takes too long, or the receiver does not live any more."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and lives():
            if self._send():
                return True
            time.sleep(0.1)
        return False

    def probe(self) -> None:
        """A few more."""
        for _ in range(PROBES):
            self._send()

    def _send(self) -> bool:
        mark = f"{self._name}:{next(self._numbers)}"
        body = {"message_sid": _MARK + mark, "direction": "outbound", "status": "sent"}
        with suppress(httpx.HTTPError):
            if (
                httpx.post(self._address, json=body, timeout=5, trust_env=False, verify=False).status_code
                == 200
            ):
                self._stand.probes.append(mark)
                return True
        return False


def probes_in_stream(folder: Path) -> list[str]:
    """The marks of all probes that became entries of the stream of callbacks, in its order."""
    found = []
    for command in commands(folder):
        if command[0].upper() == b"XADD" and command[1] == keys.CALLBACKS.encode():
            raw = next((word for word in command if _MARK.encode() in word), None)
            if raw is not None:
                found.append(str(json.loads(raw)["message_sid"]).removeprefix(_MARK))
    return found


def spools_left(folder: Path) -> int:
    """Files with callbacks that are not in the ledger yet."""
    left = 0
    for path in folder.glob("spool/*.spool"):
        with suppress(FileNotFoundError):
            left += path.stat().st_size > 0
    return left
