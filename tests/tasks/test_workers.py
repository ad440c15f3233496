"""Real workers of every kind: what a broker in trouble, garbage in a queue, and a lost place do to them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis as redis_py

from dispatcher.ledger.store.connection import text_of
from dispatcher.queues import QUEUE_NAMES, QUEUES
from tasks.guard import STATUS
from tests.hints import flicker
from tests.tasks.crew import Crew, crew_of, until
from tests.valkey import running_valkey

#: One crew serves all of them: they run in one process.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("crew")]


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """One worker of every kind."""
    folder = tmp_path_factory.mktemp("crew")
    with running_valkey(folder / "ledger") as ledger, crew_of(folder, ledger.url, *QUEUE_NAMES) as crew:
        yield crew


def _flicker(crew: Crew) -> None:
    flicker(crew.celery, crew.broker, crew.proxy, QUEUE_NAMES)


def _refused(crew: Crew) -> None:
    crew.proxy.refuse()
    crew.proxy.kill()
    crew.hint(*QUEUE_NAMES)
    time.sleep(0.5)
    crew.proxy.mend()


def _killed(crew: Crew) -> None:
    for _ in range(3):
        crew.hint(*QUEUE_NAMES)
        crew.broker.client_kill_filter(_type="normal", skipme=True)


def _no_more_clients(crew: Crew) -> None:
    crew.broker.config_set("maxclients", len(crew.broker.client_list()))
    crew.proxy.kill(but_blocked=True)
    crew.hint(*QUEUE_NAMES)
    time.sleep(0.3)
    crew.broker.config_set("maxclients", 10_000)


def _silent(crew: Crew) -> None:
    crew.proxy.silence()
    crew.hint(*QUEUE_NAMES)
    time.sleep(0.3)
    crew.proxy.mend()


def _half_open(crew: Crew) -> None:
    crew.proxy.half_open()


@pytest.mark.parametrize("trouble", [_flicker, _refused, _killed, _no_more_clients, _silent, _half_open])
def test_every_worker_takes_hints_again_after_trouble_with_its_broker(
    crew: Crew, trouble: Callable[[Crew], None]
) -> None:
    living = {name: facts["pid"] for name, facts in crew.ledger.agenda.workers().items()}
    trouble(crew)
    for _ in range(2):  # the first may find a place that is left, the second needs one given back
        crew.hint(*QUEUE_NAMES)
        until(lambda: not crew.waiting(*QUEUE_NAMES), 40, lambda: crew.waiting(*QUEUE_NAMES))
    assert {name: facts["pid"] for name, facts in crew.ledger.agenda.workers().items()} == living


def test_without_our_transport_a_refused_acknowledgement_costs_the_worker_its_place(
    crew: Crew, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault that is mended is real, and the trouble above would find it."""
    monkeypatch.setenv("HASTY_STOCK", "1")
    with running_valkey(tmp_path / "ledger") as ledger, crew_of(tmp_path, ledger.url, "expand") as stock:
        for _ in range(30):  # a call that the worker makes by itself in that moment would notice the broker
            flicker(stock.celery, stock.broker, stock.proxy, ["expand"])
            for _ in range(2):
                stock.hint("expand")
                deadline = time.monotonic() + 5
                while stock.waiting("expand"):
                    if time.monotonic() > deadline:
                        assert "Couldn't ack" in stock.log("expand")
                        return
                    time.sleep(0.02)
    pytest.fail("no acknowledgement was lost")


_ENVELOPE = {"content-encoding": "utf-8", "content-type": "application/json"}
_PROPERTIES = {
    "delivery_tag": "t",
    "delivery_info": {"exchange": "", "routing_key": "x"},
    "body_encoding": "base64",
}


def _message(headers: object, body: str = "W10=", **more: object) -> bytes:
    return json.dumps(
        {"body": body, **_ENVELOPE, "headers": headers, "properties": _PROPERTIES, **more}
    ).encode()


def _garbage(task: str) -> list[bytes]:
    known = {"task": task, "id": "1", "lang": "py", "argsrepr": "()", "kwargsrepr": "{}"}
    return [
        b"garbage",
        b"\xff\xfe\x00",
        b"",
        b"5",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"body": "", "properties": {}}',
        b'{"body": "x", "headers": {}, "properties": {"delivery_tag": "t"}}',
        _message({}),
        _message(None),
        _message([]),
        _message({"task": ["a"], "id": "1"}),
        _message({"task": {}, "id": "1"}),
        _message({"task": "no_such_task", "id": "1"}),
        _message({"task": task}),
        _message({**known, "expires": "never"}),
        _message({**known, "eta": "tomorrow"}),
        _message({**known, "retries": "many", "timelimit": 5}),
        _message(known, body="***"),
        _message(known, body="bm90IGpzb24="),
        _message(known, body="e30="),
        _message(known, body="W1tdLCB7Im5vIjogMX0sIHt9XQ=="),
        _message(known, body="gAJLAS4=", **{"content-type": "application/x-python-serialize"}),
        _message(known, **{"content-encoding": "no-such"}),
        _message(known, properties={"delivery_tag": ["t"]}),
    ]


def test_no_element_of_a_queue_ends_a_worker(crew: Crew) -> None:
    living = {name: facts["pid"] for name, facts in crew.ledger.agenda.workers().items()}
    for queue in QUEUES:
        for element in _garbage(queue.tasks[0]):
            crew.broker.lpush(queue.name, element)
    for channel in ("/0.celery.pidbox", "/0.celeryev/worker.heartbeat"):
        for element in _garbage("tick"):
            crew.broker.publish(channel, element)
    for _ in range(3):
        crew.hint(*QUEUE_NAMES)
    until(lambda: not crew.waiting(*QUEUE_NAMES), 40, lambda: crew.waiting(*QUEUE_NAMES))
    assert {name: facts["pid"] for name, facts in crew.ledger.agenda.workers().items()} == living
    for name in QUEUE_NAMES:
        assert "is no message of ours" in crew.log(name)
        assert "no_such_task" not in crew.log(name)


@pytest.mark.parametrize("queue", ["send", "expand"])
def test_a_worker_that_takes_none_of_what_waits_ends_itself_and_says_so(
    tmp_path: Path, redis: redis_py.Redis, valkey_url: str, monkeypatch: pytest.MonkeyPatch, queue: str
) -> None:
    monkeypatch.setenv("HASTY_LOSES", "1")
    with crew_of(tmp_path, valkey_url, queue) as lost:
        (process,) = lost.parts.processes
        for _ in range(6):
            lost.hint(queue)
        assert process.wait(timeout=60) == STATUS
        assert lost.waiting(queue)
        assert f"hints wait in {queue} and this worker has taken none for" in lost.log(queue)
        noted = lost.ledger.agenda.noted_still()
        assert noted[f"{queue}:times"] == "1"


def _celery(crew: Crew, folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`celery -A tasks …` beside these workers."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MMS_")}
    at = crew.ledger.redis.connection_pool.connection_kwargs
    address = f"redis://{at['host']}:{at['port']}/0"
    own = {"MMS_REDIS_URL": address, "MMS_BROKER_URL": crew.server.url, "MMS_DATA_DIR": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "celery", "-A", "tasks", *arguments],
        env={**inherited, **own, "MMS_SIMULATE": "1", **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["status", "--timeout=3"], 0, "5 nodes online"),
        (["inspect", "--timeout=3", "active_queues"], 0, "'exchange': {'name': 'expand', 'type': 'direct'"),
        (["control", "heartbeat"], 0, ""),
        (["call", "tick"], 0, "-"),
        (["result", "0c7f9d7e-7b0a-4d9c-9b1e-1f2e3d4c5b6a"], 1, "no results are kept"),
        (["list", "bindings"], 0, "look"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_celery_finds_the_application_under_its_short_name(
    crew: Crew, tmp_path: Path, arguments: list[str], status: int, said: str
) -> None:
    told = ""

    def as_said() -> bool:
        nonlocal told
        done = _celery(crew, tmp_path, *arguments)
        told = done.stdout + done.stderr
        assert "Traceback" not in told
        return done.returncode == status and said in told

    until(as_said, 60, lambda: told)  # on a busy machine a worker may answer too late, once


def test_every_queue_has_an_exchange_of_its_own(crew: Crew) -> None:
    for queue in QUEUE_NAMES:
        members = crew.broker.smembers(f"_kombu.binding.{queue}")
        assert {text_of(member).split("\x06\x16")[2] for member in members} == {queue}


def test_a_worker_in_the_wrong_mode_does_not_start_and_leaves_the_hints(crew: Crew, tmp_path: Path) -> None:
    done = _celery(
        crew, tmp_path, "worker", "--queues=send", "--pool=solo", MMS_SIMULATE="0", MMS_CARRIERX_TOKEN="t"
    )
    assert done.returncode == 2, done.stderr
    assert "simulate" in done.stderr
    assert "Traceback" not in done.stderr
