"""`mms work`, `mms web`, `mms control` as processes: hosts that share a ledger, one folder for each host."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import httpx
import pytest
from redis import Redis

from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.installation.worker_names import take_worker_names
from dispatcher.ledger.ledger import Ledger
from dispatcher.queues import QUEUE_NAMES
from dispatcher.settings import load_settings
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.launch import running_simulator
from tests.mms import Mms
from tests.stack import STOP_SECONDS, Terminal, until
from tests.valkey import ValkeyServer, running_valkey

pytestmark = pytest.mark.slow

HOST = socket.gethostname()
HostOf = Callable[..., Terminal]


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """The ledger's server, on none of the hosts."""
    with running_valkey(tmp_path_factory.mktemp("store")) as server:
        yield server


@pytest.fixture
def carrierx() -> Iterator[SimulatorHandle]:
    """A CarrierX that all hosts reach."""
    with running_simulator() as handle:
        yield handle


@pytest.fixture
def host_of(store: ValkeyServer, carrierx: SimulatorHandle, tmp_path: Path) -> Iterator[HostOf]:
    """A host's folder and environment, by its name; nothing survives the test."""
    hosts: list[Terminal] = []

    def made(name: str, **variables: str) -> Terminal:
        (tmp_path / name).mkdir()
        shared = {
            "MMS_REDIS_URL": store.url,
            "MMS_SIMULATE": "1",
            "MMS_CARRIERX_URL": carrierx.url,
            "MMS_CARRIERX_TOKEN": carrierx.token,
        }
        hosts.append(Terminal(tmp_path / name, **shared | variables))
        return hosts[-1]

    yield made
    for host in hosts:
        host.end()


class ServiceManager:
    """What systemd is for a service: an address, and what is told there."""

    def __init__(self) -> None:
        self.address = f"@mms-tests-{os.getpid()}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address.replace("@", "\0"))
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        """All that was told since the last time."""
        said = []
        with suppress(BlockingIOError):
            while True:
                said.append(self._socket.recv(1000).decode())
        return said

    def close(self) -> None:
        """Hear nothing more."""
        self._socket.close()


@pytest.fixture
def systemd() -> Iterator[ServiceManager]:
    """One that hears."""
    with closing(ServiceManager()) as listening:
        yield listening


def stop(host: Terminal) -> int:
    """SIGTERM; the exit status."""
    assert host.up_process is not None
    host.up_process.terminate()
    return host.up_process.wait(STOP_SECONDS)


def campaign_file(folder: Path, rows: int) -> str:
    """A campaign of so many people, with its settings beside it."""
    numbers = "".join(f"1516206{number:04d},Ann\n" for number in range(rows))
    (folder / "some.csv").write_text(f"number,name\n{numbers}")
    (folder / "some.toml").write_text(
        'from = "15162065575"\nmessage = "Hello {{name}}"\nquiet_hours = "off"\n'
    )
    return "some.csv"


def submitted(host: Terminal, rows: int) -> str:
    """The id of a campaign that was sent from this host."""
    answer = host.mms("campaign", "submit", campaign_file(host.folder, rows))
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def counts(ledger: Ledger, campaign: str) -> dict[str, int]:
    """How many rows are in which state."""
    return {state: count for state, count in ledger.campaign(campaign).counts.items() if count}


REFUSALS = {
    "without-a-ledger": ({"MMS_REDIS_URL": ""}, ("work",), "MMS_REDIS_URL does not say where"),
    "of-no-queue": ({}, ("work", "--queues", "letters"), "some of send, expand, ingest, look, control"),
    "without-a-token": ({"MMS_CARRIERX_TOKEN": ""}, ("control",), "has no CarrierX token"),
    "without-its-simulator": ({"MMS_CARRIERX_URL": ""}, ("web",), "MMS_CARRIERX_URL names no simulator"),
}


@pytest.mark.parametrize(("variables", "command", "why"), REFUSALS.values(), ids=REFUSALS)
def test_a_part_that_cannot_work_anywhere_is_refused_with_the_reason(
    mms: Mms, variables: dict[str, str], command: tuple[str, ...], why: str
) -> None:
    mms.environment.update(variables)
    said = mms(*command)
    assert said.status == 2
    assert why in said.err


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("MMS_FLOWER_AUTH", "ann", "USER:PASSWORD"),
        ("MMS_SIMULATE", "", "this ledger was made simulate"),
    ],
)
def test_a_part_that_cannot_work_here_is_refused_with_the_reason(
    host_of: HostOf, store: ValkeyServer, variable: str, value: str, why: str
) -> None:
    simulated = load_settings(redis_url=store.url, simulate=True, admin_token="admin")
    prepare(Redis.from_url(store.url), simulated)
    host = host_of("host", **{variable: value})
    answer = host.mms("control")
    assert answer.returncode == 2
    assert why in answer.stderr
    assert host.processes() == []


def test_hosts_with_a_part_each_are_a_whole_and_one_that_stops_while_answers_are_slow_loses_nothing(
    host_of: HostOf,
    store: ValkeyServer,
    carrierx: SimulatorHandle,
    systemd: ServiceManager,
) -> None:
    ledger = Ledger(Redis.from_url(store.url))
    sender, east = host_of("sender", MMS_IN_FLIGHT="10"), host_of("east")
    west = east.again(NOTIFY_SOCKET=systemd.address)  # a second part in the same folder
    take_worker_names(ledger.redis, [f"send@{HOST}"], "a host of the same name")
    begin_sending = partial(sender.begin, "work", "--processes", "1")
    begin_sending()
    east.begin("web")
    west.begin("control")
    for host in (sender, east, west):
        host.await_said("ready;")
    workers = ledger.agenda.workers()
    assert {queue for facts in workers.values() for queue in facts["queues"]} == set(QUEUE_NAMES)
    assert workers[f"send@{HOST}-2"]["concurrency"] == 1
    for host, service in ((sender, "send"), (east, "web"), (west, "look"), (west, "beat"), (west, "flower")):
        check = host.typed(f"{sys.executable} -m dispatcher.stack.healthcheck {service}")
        assert check.returncode == 0, check.stderr
    assert "READY=1\nSTATUS=ready" in systemd.heard()
    assert "helper already runs" in west.mms("work", "--queues", "look").stderr

    carrierx.set_faults(latency_ms=20_000)
    campaign = submitted(east, 30)
    until(lambda: counts(ledger, campaign).get("sending") == 10, what="ten in flight")
    began = time.monotonic()
    assert stop(sender) == 0
    assert 15 < time.monotonic() - began < 30
    assert "waiting for the answers of 10 messages under way" in sender.said()
    assert counts(ledger, campaign) == {"queued": 10, "pending": 20}
    assert east.web("/readyz").status_code == httpx.codes.OK

    carrierx.set_faults(latency_ms=0)
    begin_sending()
    until(lambda: counts(ledger, campaign) == {"queued": 30}, what="the rest taken")
    assert carrierx.received().repeated == []
    assert [stop(host) for host in (sender, east, west)] == [0, 0, 0]
    assert [host.processes() for host in (sender, east)] == [[], []]
