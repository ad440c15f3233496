"""The hosts and what runs on them: everything through `mms work`, `mms web` and `mms control`, on a shared ledger."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType

import httpx
import redis
import requests
from pydantic import SecretStr

from dispatcher.errors import MmsError
from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.queues import QUEUE_NAMES
from dispatcher.settings import Settings
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.stack.addresses import CALLBACK_PATH
from dispatcher.stack.environment import service_environment, without_our_variables
from tests.chaos.keeper import Keeper
from tests.chaos.processes import Part
from tests.chaos.short_times import SETTINGS
from tests.chaos.stand import CALLBACK_KEY, TOKEN
from tests.cluster.changes import AHEAD_VARIABLE, PLANT_VARIABLE
from tests.cluster.hosts import HostPart, Rabbit, RoomyFolder
from tests.cluster.marks import Marks
from tests.cluster.network import Network
from tests.cluster.plan import Air
from tests.cluster.servers import (
    MASTER,
    SENTINEL_PORT,
    STORES,
    Servers,
    sentinel_command,
    store_command,
    wait,
)

SENDERS, WEBS = ("send1", "send2"), ("web1", "web2")
HOSTS = (*STORES, "mq", *SENDERS, "control", *WEBS, "front", "carrierx")
WEB_PORT, CARRIERX_PORT, AMQP_PORT = 8080, 8000, 5672
READY_SECONDS = 180.0
#: Longer than chaos's: a lease outlives a moment without packets.
_SETTINGS = {**SETTINGS, "MMS_LEASE_SECONDS": "5", "MMS_UNCONFIRMED_WAIT": "12", "MMS_WORKERS": "1"}
_MMS = str(Path(sys.executable).with_name("mms"))


class Stand:
    """A context manager; it is built inside `inside.enclosed`."""

    def __init__(self, folder: Path, air: Air, plant: str = "") -> None:
        self.folder = folder
        self.air = air
        self.weather = air.weather
        self._plant = plant
        self._mark = f"{folder}#{os.getpid()}"
        self._logs = folder / "logs"
        self._logs.mkdir(parents=True)
        self.keeper = Keeper()
        self.part = self.keeper.parts.__getitem__
        self._exits = ExitStack()

    def __enter__(self) -> Stand:
        try:
            self.network = Network(HOSTS, self.folder)
            self.keeper.start()
            self._exits.callback(self.keeper.end)
            self._start_stores()
            self._start_broker()
            self._start_outside()
            self.settings = self._settings()
            self.ledger = Ledger(client(self.settings.redis_url or "", socket_timeout=10))
            self._exits.callback(self.ledger.redis.close)
            wait(self._prepared, READY_SECONDS, "the ledger")
            self._start_hosts()
            wait(self._works, READY_SECONDS, "the installation")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    def log(self, sentence: str) -> None:
        """What the kit did, with the time, beside the logs of those that suffered it."""
        with (self._logs / "kit.log").open("a") as log:
            log.write(f"{time.strftime('%H:%M:%S')}.{time.time_ns() // 1_000_000 % 1000:03d} {sentence}\n")

    def host(self, name: str) -> HostPart:
        """What runs on a host that has one part."""
        part = self.part(name)
        assert isinstance(part, HostPart)
        return part

    def data_of(self, host: str) -> Path:
        """The data folder of a host."""
        return self.folder / host / "data"

    def stores(self) -> dict[str, Path]:
        """The folder of each server of the ledger."""
        return {host: self.data_of(host) for host in STORES}

    def end_workers(self) -> None:
        """End everything but the stores, CarrierX and the broker."""
        kept = [f"{kind} {host}" for host in STORES for kind in ("valkey", "sentinel")]
        self.keeper.end_parts(but=[*kept, "carrierx"])

    def _start_stores(self) -> None:
        addresses = {host: self.network.addresses[host] for host in STORES}
        self.disks = {host: RoomyFolder(self.data_of(host)) for host in (*STORES, *WEBS)}
        primary = addresses[STORES[0]]
        for host in STORES:
            self._run(host, f"valkey {host}", store_command(self.data_of(host), addresses[host], primary))
        self.servers = Servers(addresses)
        wait(lambda: _replicas(self.servers) == len(STORES) - 1, READY_SECONDS, "the replicas")
        for host in STORES:
            folder = self.folder / host / "sentinel"
            self._run(host, f"sentinel {host}", sentinel_command(folder, addresses[host], primary))
        wait(self.servers.whole, READY_SECONDS, "the Sentinels")
        self.marks = self._exits.enter_context(Marks(addresses))

    def _start_broker(self) -> None:
        self.rabbit: Rabbit | None = None
        if self.air.broker == "RabbitMQ":
            self.rabbit = Rabbit(self.folder / "mq", self.network.on("mq"), self.network.addresses["mq"])
            self._exits.callback(self.rabbit.end)
            self.rabbit.start()

    def _start_outside(self) -> None:
        doors = [f"{self.network.addresses[host]}:{WEB_PORT}" for host in WEBS]
        self._run("front", "front", (*_module("tests.cluster.balancer"), str(WEB_PORT), *doors))
        callback = f"{self._public_url}{CALLBACK_PATH}{CALLBACK_KEY}"
        self._run(
            "carrierx", "carrierx", (*_module("tests.cluster.carrierx"), str(CARRIERX_PORT), callback, TOKEN)
        )
        self.simulator = SimulatorHandle(
            f"http://{self.network.addresses['carrierx']}:{CARRIERX_PORT}", TOKEN
        )

    @property
    def _public_url(self) -> str:
        return f"http://{self.network.addresses['front']}:{WEB_PORT}"

    def _settings(self) -> Settings:
        ours = {name.removeprefix("MMS_").lower(): value for name, value in _SETTINGS.items()}
        places = ",".join(f"{self.network.addresses[host]}:{SENTINEL_PORT}" for host in STORES)
        ledger = f"sentinel://{places}/0?master_name={MASTER}"
        return Settings(
            **ours,
            carrierx_url=self.simulator.url,
            carrierx_token=SecretStr(TOKEN),
            simulate=True,
            redis_url=ledger,
            broker_url=self.rabbit.address_on_the_net if self.rabbit else ledger,
            data_dir=self.folder / "kit",
            callback_key=SecretStr(CALLBACK_KEY),
            admin_token=SecretStr("admin-token-of-the-kit"),
            public_url=None if self.weather.polls else self._public_url,
            account_rate=f"{self.weather.account_rate:.0f}/s",
            sender_rate=f"{self.weather.sender_rate:.0f}/s",
            web_port=WEB_PORT,
        )

    def _start_hosts(self) -> None:
        for host in SENDERS:
            self._mms(host, "work")
        self._mms("control", "control")
        for host in WEBS:
            self._mms(host, "web", "--host", "0.0.0.0")

    def _mms(self, host: str, *role: str) -> None:
        self._run(host, host, (_MMS, *role), self._environment(host))

    def _environment(self, host: str) -> dict[str, str]:
        chosen = self.settings
        decided = {
            **_SETTINGS,
            "MMS_DATA_DIR": str(self.data_of(host)),
            "MMS_BROKER_URL": chosen.broker_url or "",
            "MMS_CALLBACK_KEY": CALLBACK_KEY,
            "MMS_ADMIN_TOKEN": "admin-token-of-the-kit",
            "MMS_ACCOUNT_RATE": chosen.account_rate,
            "MMS_SENDER_RATE": chosen.sender_rate,
            PLANT_VARIABLE: self._plant,
            **({"MMS_PUBLIC_URL": chosen.public_url} if chosen.public_url else {}),
        }
        if host == self.air.wrong_clock:
            decided[AHEAD_VARIABLE] = str(self.air.ahead_seconds)
        return {**service_environment(chosen, chosen.redis_url or "", without_our_variables()), **decided}

    def _run(
        self, host: str, name: str, command: tuple[str, ...], environment: Mapping[str, str] | None = None
    ) -> None:
        paths = [str(Path(__file__).with_name("startup")), str(Path(__file__).parent.parent.parent)]
        environment = {**(environment or without_our_variables()), "PYTHONPATH": os.pathsep.join(paths)}
        argv = (*self.network.on(host), *command)
        if host in STORES:
            self.keeper.add(Part(name, argv, environment, self._logs, self._mark))
        else:
            self.keeper.add(HostPart(self.network, host, name, argv, environment, self._logs, self._mark))

    def _prepared(self) -> bool:
        with suppress(MmsError, requests.RequestException):
            prepare(self.ledger.redis, self.settings)
            self.simulator.faults()
            return True
        return False

    def _works(self) -> bool:
        """Every queue has its workers, and both doors are open."""
        with suppress(MmsError, httpx.HTTPError):
            queues = [queue for facts in self.ledger.agenda.workers().values() for queue in facts["queues"]]
            doors = [f"http://{self.network.addresses[host]}:{WEB_PORT}/readyz" for host in WEBS]
            return {*queues} >= {*QUEUE_NAMES} and all(
                httpx.get(door, timeout=2, trust_env=False).status_code == 200 for door in doors
            )
        return False

    def keep(self, where: Path) -> None:
        """Copy all logs and files out of the memory in which they are."""
        shutil.copytree(self.folder, where, ignore_dangling_symlinks=True, dirs_exist_ok=True)


def _module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name)


def _replicas(servers: Servers) -> int:
    with suppress(redis.RedisError):
        return len(servers.role(STORES[0])[2])
    return 0
