"""A whole campaign, and nowhere beside the ledger a number, a text or a token: all that the parts say is searched."""

from __future__ import annotations

import base64
import contextlib
import csv
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis

from dispatcher.ledger.store.connection import redis_url
from dispatcher.settings import Settings
from tests.stack import ADMIN_TOKEN, CALLBACK_KEY, Terminal, until
from tests.standin import TOKEN, StandIn, number, terminal_of

pytestmark = pytest.mark.slow

ROWS = 150
SENDER = "15162065575"
#: Stands in every message, and nowhere else.
TEXT = "Quillwort"
#: What a message of the broker or an event is kept under; everything else in Redis is the ledger.
LEDGER = ("mms:", "test:")


class Monitor:
    """Every command that any part sends to Redis and that is not the ledger's: the broker's, the events'."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self.commands: list[str] = []
        self.over = threading.Event()

    def start(self) -> None:
        """From now on."""
        self._thread.start()

    def _listen(self) -> None:
        with self._client.monitor() as monitor:  # type: ignore[no-untyped-call]
            for command in monitor.listen():
                if self.over.is_set():
                    return
                text = str(command["command"])
                if command["client_type"] != "lua" and not _is_ledger(text):
                    self.commands.append(text)


def _is_ledger(command: str) -> bool:
    name, _, rest = command.partition(" ")
    return name.upper() in {"EVALSHA", "EVAL", "SCRIPT"} or rest.startswith(LEDGER) or " mms:" in command


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A CarrierX that shares no code with us."""
    with StandIn() as server:
        yield server


@pytest.fixture
def terminal(tmp_path: Path, stand_in: StandIn) -> Iterator[Terminal]:
    """A stack that logs all it can."""
    loud = {"MMS_LOG_LEVEL": "debug", "MMS_LOG_FORMAT": "json"}
    with terminal_of(tmp_path, stand_in, rate="200/s", **loud) as terminal:
        yield terminal


def secrets() -> dict[str, str]:
    """What may stand nowhere, by what it is. Numbers without their country, too."""
    return {
        "a recipient's number": "516206",
        "the text": TEXT,
        "CarrierX's token": TOKEN,
        "the admin's token": ADMIN_TOKEN,
        "the callback key": CALLBACK_KEY,
    }


def unwrapped(commands: str) -> Iterator[str]:
    """What is in base64 in these commands: the broker carries bodies so."""
    for piece in re.findall(r"[A-Za-z0-9+/]{16,}={0,2}", commands):
        with contextlib.suppress(ValueError):
            yield base64.b64decode(piece).decode(errors="replace")


def found_in(where: str, text: str, *, but: frozenset[str] = frozenset()) -> list[str]:
    """Which secrets stand in this text."""
    return [f"{what} in {where}" for what, secret in secrets().items() if what not in but and secret in text]


@pytest.mark.timeout(300)
def test_a_campaign_leaves_no_number_no_text_and_no_token_outside_the_ledger(
    terminal: Terminal, stand_in: StandIn, tmp_path: Path
) -> None:
    terminal.up()
    monitor = Monitor(redis_url(Settings(data_dir=terminal.folder / ".mms")))
    monitor.start()
    path = tmp_path / "spring.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["phone"], *([number(index)] for index in range(ROWS)), ["151620"]])
    asked = ["--from", SENDER, "--message", f"{TEXT} {{{{phone}}}}", "--quiet-hours", "off", "--yes"]
    done = terminal.mms("campaign", "submit", str(path), *asked, "--wait", "--json")
    assert done.returncode == 0, done.stderr + terminal.said()
    campaign = json.loads(done.stdout)
    until(lambda: _delivered(terminal, campaign["id"]) == ROWS, 60, "every callback's effect")
    _go_wrong(terminal)

    metrics = terminal.web("/metrics").text
    assert 'mms_sends_total{result="accepted"} 150' in metrics
    assert 'mms_callbacks_total{outcome="applied"}' in metrics
    wrong = found_in("/metrics", metrics)
    wrong += found_in("Flower's tasks", _flower(terminal, campaign["id"]))
    monitor.over.set()
    assert any("send_batch" in command for command in monitor.commands)
    said = "\n".join(monitor.commands)
    bodies = "\n".join(unwrapped(said))
    assert f'"campaign": "{campaign["id"]}"' in bodies
    wrong += found_in("the broker's messages and events", said) + found_in("their bodies", bodies)
    taken = found_in("what CarrierX got", json.dumps(stand_in.taken))
    assert len(taken) == 2, "the search finds what is there"
    logs = list((terminal.folder / ".mms" / "logs").glob("*.log"))
    assert len(logs) >= 4
    assert any('"message"' in log.read_text(errors="replace") for log in logs)
    for log in logs:
        wrong += found_in(log.name, log.read_text(errors="replace"))
    told_at_start = frozenset({"the admin's token", "the callback key"})
    wrong += found_in("what `mms up` says", terminal.said(), but=told_at_start)
    assert wrong == []


def _delivered(terminal: Terminal, campaign_id: str) -> int:
    counts: dict[str, int] = terminal.web(f"/api/v1/campaigns/{campaign_id}").json()["counts"]
    return counts["delivered"]


def _go_wrong(terminal: Terminal) -> None:
    """Faults of callers, with numbers in them: what is refused is logged in no other way."""
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    base = f"http://127.0.0.1:{terminal.web_port}"
    for body in (b"{", json.dumps({"message_sid": number(1), "status": number(2), "message": TEXT}).encode()):
        httpx.post(terminal.callback_url, content=body, headers={"Content-Type": "application/json"})
    httpx.get(f"{base}/api/v1/opt-outs", params={"number": number(3)}, headers=headers)
    httpx.post(f"{base}/api/v1/opt-outs", json={"numbers": [number(4), TEXT]}, headers=headers)
    httpx.get(f"{base}/api/v1/campaigns/{number(5)}", headers=headers)
    httpx.get(f"{base}/callbacks/carrierx/{CALLBACK_KEY}", headers=headers)


def _flower(terminal: Terminal, campaign_id: str) -> str:
    """All that Flower's own API knows."""
    base, auth = f"http://127.0.0.1:{terminal.flower_port}/api", ("admin", ADMIN_TOKEN)
    tasks = httpx.get(f"{base}/tasks", params={"limit": 5000}, auth=auth).text
    assert campaign_id in tasks
    return tasks + httpx.get(f"{base}/workers", auth=auth).text
