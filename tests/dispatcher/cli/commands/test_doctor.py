"""`mms doctor`: what is wrong with callbacks and with a sending number, and how to mend it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dispatcher.carrierx.client import CarrierX
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import IMPATIENT
from dispatcher.queues import QUEUE_NAMES
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.store import PARTNER_SID
from tests.mms import Mms
from tests.valkey import free_port

pytestmark = pytest.mark.slow

NUMBER = "15162065575"
KEY = "the-key-of-this-test"


@contextmanager
def somebody_answers(ledger: Ledger | None, status: int = 200) -> Iterator[str]:
    """A public address: a receiver of this ledger, or whatever else answers there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query).get("question", [""])[0]
            found: Any = ledger.redis.get(keys.CHALLENGE + asked) if ledger else b"<html>Welcome</html>"
            self.send_response(status)
            self.send_header("Location", "https://login.example/")
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def finding(mms: Mms, subject: str, *arguments: str) -> dict[str, str]:
    """What doctor says of one thing."""
    found = {line["subject"]: line for line in mms("doctor", *arguments, "--json").json}
    assert subject in found, found
    return dict(found[subject])


def test_the_embedded_valkey_is_called_so_in_the_parts_that_were_given_its_address(
    mms: Mms, tmp_path: Path
) -> None:
    assert finding(mms, "Redis")["seen"].startswith("MMS_REDIS_URL answers")
    mms.environment["MMS_DATA_DIR"] = str(tmp_path)
    (tmp_path / "valkey").mkdir()
    (tmp_path / "valkey" / "address").write_text(mms.environment["MMS_REDIS_URL"])
    assert finding(mms, "Redis")["seen"].startswith("the embedded Valkey answers")


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_does_not_answer_is_told(mms: Mms, scheme: str) -> None:
    assert finding(mms, "broker")["seen"] == "the ledger's Redis answers; hints wait: none"
    mms.environment["MMS_BROKER_URL"] = f"{scheme}://127.0.0.1:{free_port()}/0"
    said = finding(mms, "broker")
    assert (said["verdict"], "does not answer" in said["seen"]) == ("bad", True)
    assert mms("doctor").status == 1


def test_a_queue_that_does_not_move_and_a_worker_that_ended_itself_are_told(mms: Mms, ledger: Ledger) -> None:
    now_ms = ledger.agenda.now_ms()
    facts = {"queues": ["look"], "concurrency": 2, "clock_ms": now_ms, "said_ms": now_ms, "still_ms": 40_000}
    facts |= {"taken": 7, "ended": 7, "running": 0, "idle_ms": 41_000, "waiting": {"look": 83}}
    ledger.agenda.sign_of_life("look@here", facts, now_ms)
    assert "queue look does not move: 83 hints wait" in finding(mms, "queue look")["seen"]
    assert "7 hints taken, the last 41 s ago" in finding(mms, "worker look@here")["seen"]
    ledger.agenda.sign_of_life("look@here", facts | {"still_ms": 0}, now_ms)
    ledger.agenda.note_still("look", "hints wait in look", now_ms - 120_000)
    said = finding(mms, "queue look")
    assert said["verdict"] == "note"
    assert "a worker ended itself 2 min ago (1 have so far): hints wait in look" in said["seen"]


def test_no_tick_for_half_a_minute_is_told_where_a_worker_waits_for_one(mms: Mms, ledger: Ledger) -> None:
    now_ms = ledger.agenda.now_ms()
    facts = {"queues": ["control"], "concurrency": 2, "clock_ms": now_ms, "said_ms": now_ms, "still_ms": 0}
    facts |= {"taken": 7, "ended": 7, "running": 0, "waiting": {"control": 0}, "idle_ms": 45_000}

    def beat(**changed: Any) -> str | None:
        ledger.agenda.sign_of_life("control@here", {**facts, **changed}, now_ms)
        found = {line["subject"]: line for line in mms("doctor", "--json").json}
        return str(found["beat"]["seen"]) if "beat" in found else None

    assert beat() is None, "none was ever counted"
    ledger.redis.hset(keys.TICKS, "at", now_ms - 45_000)
    assert (beat() or "").startswith("no tick for 4")
    assert beat(taken=0, idle_ms=None) is None, "the worker just started, beat may be about to"
    assert beat(idle_ms=500) is None, "ticks come, whatever keeps them from being counted"
    assert beat(waiting={"control": 3}) is None, "beat gives ticks, the worker takes none"
    ledger.recovery.ticked(0)
    assert beat() is None


def test_a_queue_without_a_worker_is_told_with_the_log_to_read_and_the_command(
    mms: Mms, ledger: Ledger
) -> None:
    now_ms = ledger.agenda.now_ms()
    others = [name for name in QUEUE_NAMES if name != "send"]
    facts = {"queues": others, "concurrency": 2, "clock_ms": now_ms, "said_ms": now_ms}
    ledger.agenda.sign_of_life("all@here", facts, now_ms)
    said = finding(mms, "workers")
    assert (said["verdict"], said["seen"]) == ("bad", "nobody works on send")
    log = Path(mms.environment["MMS_DATA_DIR"]) / "logs" / "send.log"
    assert said["mend"].startswith(
        "start `mms up`, or on one of several hosts `mms work`; if it runs already, the log of that part says"
    )
    assert said["mend"].endswith(f"`{log}`")


def test_a_public_address_that_leads_to_our_receiver_is_well(mms: Mms, ledger: Ledger) -> None:
    with somebody_answers(ledger) as url:
        mms.environment["MMS_PUBLIC_URL"] = url
        assert finding(mms, "callbacks")["verdict"] == "ok"


@pytest.mark.parametrize(("status", "seen"), [(200, "something else"), (404, "HTTP 404"), (302, "HTTP 302")])
def test_a_public_address_that_leads_elsewhere_is_told_with_what_to_do(
    mms: Mms, status: int, seen: str
) -> None:
    with somebody_answers(None, status) as url:
        mms.environment["MMS_PUBLIC_URL"] = url
        said = finding(mms, "callbacks")
    assert said["verdict"] == "bad"
    assert seen in said["seen"]
    assert "pass everything under /callbacks/carrierx/" in said["mend"]


def test_a_public_address_that_cannot_be_reached_is_told_with_what_to_do(mms: Mms) -> None:
    mms.environment["MMS_PUBLIC_URL"] = f"http://127.0.0.1:{free_port()}"
    said = finding(mms, "callbacks")
    assert said["verdict"] == "bad"
    assert "does its name resolve" in said["mend"]
    assert mms("doctor").status == 1


def set_partner(simulator: SimulatorHandle, url: str | None) -> None:
    CarrierX(simulator.url, simulator.token).change_object(
        f"/partners/{PARTNER_SID}", {"callbacks": {"sms": url}}
    )


def test_a_number_its_messaging_and_its_callback_are_looked_at(mms: Mms, simulator: SimulatorHandle) -> None:
    mms.environment["MMS_CALLBACK_KEY"] = KEY
    set_partner(simulator, f"http://127.0.0.1:8080/callbacks/carrierx/{KEY}")
    assert "may send SMS and MMS" in finding(mms, "sender", "--from", NUMBER)["seen"]
    assert finding(mms, "sender's callback", "--from", NUMBER)["seen"] == "set on the partner: ours"
    assert KEY not in mms("doctor", "--from", NUMBER).out


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        (None, "none is set"),
        ("https://elsewhere.example/sms", "not ours"),
        ("https://mms.example/callbacks/carrierx/an-old-key", "a key that our receiver does not take"),
    ],
)
def test_a_callback_that_does_not_reach_us_is_told_with_the_command_to_run(
    mms: Mms, simulator: SimulatorHandle, url: str | None, seen: str
) -> None:
    mms.environment["MMS_CALLBACK_KEY"] = KEY
    set_partner(simulator, url)
    said = finding(mms, "sender's callback", "--from", NUMBER)
    assert said["verdict"] == "note"
    assert seen in said["seen"]
    assert "mms callbacks set" in said["mend"]


def test_without_a_ledger_it_says_so_and_does_not_fail(mms: Mms, tmp_path: Path) -> None:
    mms.environment["MMS_REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
    assert mms("doctor").status == 1
    assert finding(mms, "Redis")["verdict"] == "bad"


@pytest.mark.parametrize("broker", [False, True])
def test_a_redis_that_takes_connections_and_says_nothing_is_told_after_one_short_wait(
    mms: Mms, monkeypatch: pytest.MonkeyPatch, broker: bool
) -> None:
    assert (IMPATIENT["socket_timeout"], IMPATIENT["socket_connect_timeout"]) == (5, 5)
    monkeypatch.setitem(IMPATIENT, "socket_timeout", 0.3)
    monkeypatch.setattr("tasks.broker.LOOK_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:  # the kernel takes the connection, nobody reads
        silent = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        mms.environment |= {"MMS_REDIS_URL": silent} | ({"MMS_BROKER_URL": silent} if broker else {})
        mms("doctor", "--help")  # is imported now, before the clock runs
        began = time.monotonic()
        said = mms("doctor", "--json")
        assert time.monotonic() - began < 3
    found = {line["subject"]: line for line in said.json}
    assert (said.status, found["Redis"]["verdict"]) == (1, "bad")
    assert "Redis does not answer" in found["Redis"]["seen"]
    assert "doctor" not in found["Redis"]["mend"], "that is who says it"
    assert ("broker" in found) == broker, "the same server is waited for once"


def test_before_the_first_start_a_redis_that_is_not_there_is_no_fault(mms: Mms, tmp_path: Path) -> None:
    del mms.environment["MMS_REDIS_URL"]
    mms.environment |= {"MMS_SIMULATE": "false", "MMS_DATA_DIR": str(tmp_path / "new")}
    assert mms("doctor", "--from", NUMBER).status == 0
    said = finding(mms, "Redis")
    assert (said["verdict"], said["mend"]) == ("note", "`mms up` starts everything")
    (tmp_path / "new" / "valkey").mkdir(parents=True)
    assert finding(mms, "Redis")["verdict"] == "bad", "it was started here once, and is away"
    assert mms("doctor").status == 1
