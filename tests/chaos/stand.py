"""The stack that is tormented: the same parts as `mms up` starts, each a process that can be killed by itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import httpx
import psutil
from celery import Celery
from pydantic import SecretStr

from dispatcher.errors import StoreUnavailable
from dispatcher.host.under_way import MARK
from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.ledger.store.embedded import PingAnswer, ask, prepare_embedded
from dispatcher.queues import QUEUE_NAMES
from dispatcher.settings import Settings
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.faults import Faults
from dispatcher.simulator.launch import simulator_process
from dispatcher.stack import process_registry, services
from dispatcher.stack._watchdog import GOODBYE
from dispatcher.stack.addresses import CALLBACK_PATH, answers_ready
from dispatcher.stack.environment import service_environment, without_our_variables
from tests.chaos.history import Standstill
from tests.chaos.keeper import Keeper
from tests.chaos.launcher import AHEAD_VARIABLE, PLANT_VARIABLE
from tests.chaos.plan import Weather
from tests.chaos.processes import Part
from tests.chaos.short_times import SETTINGS
from tests.hints import hint
from tests.proxy import Proxy
from tests.valkey import free_port

TOKEN = "simulated"
#: The sender with the wrong clock, and what its log says if it sent anything all the same.
MISLED = "misled-send"
_WEB = (sys.executable, "-m", "tests.chaos.web")
_SENT = re.compile(r"\d+ (queued|sent|delivered|failed|rejected|unconfirmed)")
CALLBACK_KEY = "callback-key-of-the-kit"
READY_SECONDS = 120.0
#: What waits in a queue is taken within this time, or its workers take nothing.
MOVED_SECONDS = 45.0
#: Calm weather: answers after a moment, every callback in the end.
CALM = Faults(
    latency_ms=30,
    jitter_ms=120,
    callback_ms=100,
    callback_jitter_ms=300,
    callback_retries=1_000,
    callback_retry_ms=300,
    late_ms=3_000,
    slow_ms=4_000,
)


def now_ms() -> int:
    """This machine's clock, which is also Redis's here."""
    return time.time_ns() // 1_000_000


class Stand:
    """A context manager: leaving it, however, leaves no process behind."""

    def __init__(self, folder: Path, weather: Weather, plant: str | None = None) -> None:
        self.folder = folder
        self.weather = weather
        self.standstills: list[Standstill] = []
        self._plant = plant
        self._run = folder / "run"
        self._run.mkdir()
        self._mark = f"{self._run}#{os.getpid()}"
        self._store = prepare_embedded(folder)
        self._web_port = free_port()
        self.callback_key = CALLBACK_KEY
        self.probes: list[str] = []
        self.receiver_troubles: list[str] = []
        self._keeper = Keeper()
        self._parts = self._keeper.parts
        self._over = self._keeper.over
        self._exits = ExitStack()

    @property
    def broker_url(self) -> str:
        """Celery's broker, the ledger's own Valkey, past the wire on which the workers reach it."""
        return self._store.url

    def unmoved_queues(self) -> tuple[str, ...]:
        """Hints that find nothing to do are put into every queue; those in which one is left after a while."""
        with Celery("chaos", broker=self.broker_url) as app:
            for _ in range(2):  # one for a place that is left, one for a place that was given back
                hint(app, QUEUE_NAMES)
                deadline = time.monotonic() + MOVED_SECONDS
                while unmoved := [name for name in QUEUE_NAMES if self.ledger.redis.llen(name)]:
                    if time.monotonic() > deadline:
                        return tuple(unmoved)
                    time.sleep(0.1)
        return ()

    @property
    def store_folder(self) -> Path:
        """Where the append-only file is."""
        return self._store.folder

    @property
    def web_port(self) -> int:
        """Where the callback receiver listens."""
        return self._web_port

    def __enter__(self) -> Stand:
        try:
            self._exits.callback(process_registry.kill_marked, lambda mark: mark == self._mark)
            self._watch_over()
            self._part("valkey", self._store.argv, {})
            self._keeper.start()
            self.await_store()
            self.wire = self._exits.enter_context(Proxy(urlsplit(self._store.url).port or 0))
            callback = f"http://127.0.0.1:{self._web_port}{CALLBACK_PATH}{CALLBACK_KEY}"
            faults = CALM.model_copy(update={"group_receipts": self.weather.group_receipts})
            before = set(psutil.Process().children())
            self.simulator: SimulatorHandle = self._exits.enter_context(
                simulator_process(faults, callback, TOKEN)
            )
            (self._simulator_process,) = set(psutil.Process().children()) - before - self._own_processes()
            self.settings = self._settings()
            self.ledger = Ledger(client(self._store.url, socket_timeout=10))
            self._exits.callback(self.ledger.redis.close)
            prepare(self.ledger.redis, self.settings)
            self._start_services()
            self._await_readiness()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._keeper.end()
        self._exits.close()

    def part(self, name: str) -> Part:
        """A part by its name."""
        return self._parts[name]

    def later(self, seconds: float, deed: Callable[[], None]) -> None:
        """Do this after so many seconds."""
        self._keeper.later(seconds, deed)

    def stand_still(self, name: str, seconds: float) -> None:
        """SIGSTOP the part, SIGCONT it after so many seconds; noted as a standstill."""
        part, since = self._parts[name], now_ms()
        if not part.pause():
            return

        def go_on() -> None:
            part.go_on()
            self.standstills.append(Standstill(name, since, now_ms()))

        self.later(seconds, go_on)

    def simulator_stands_still(self, seconds: float) -> None:
        """CarrierX does not answer for so many seconds."""
        process = self._simulator_process
        process.suspend()
        self.later(seconds, process.resume)

    def second_beat(self, seconds: float) -> None:
        """Another beat for so many seconds."""
        self._guest("second-beat", self._beat("second-beat"), self._environment, seconds)

    def wrong_clock(self, seconds: float) -> None:
        """Another sender for so many seconds, whose clock is a minute ahead."""
        self._misled("send", MISLED, seconds)

    def wrong_control_clock(self, seconds: float) -> None:
        """Another worker for ticks and looks for so many seconds, whose clock is a minute ahead."""
        self._misled("control", "misled-control", seconds)

    def _misled(self, queue: str, name: str, seconds: float) -> None:
        environment = {**self._environment, AHEAD_VARIABLE: "60000"}
        argv = _launched(*services.worker_arguments(queue), f"--hostname={name}@%h")
        self._guest(name, argv, environment, seconds)

    @contextmanager
    def another_receiver(self, port: int) -> Iterator[None]:
        """Another web process in the same data folder; killed afterwards, and not started again."""
        name = f"receiver-{port}"
        self._part(name, _WEB, {**self._environment, "MMS_WEB_PORT": str(port)})
        yield
        self._keeper.take_away(name)

    def tell_receiver(self, callback: dict[str, str]) -> None:
        """POST a callback until the receiver has taken it, as CarrierX would like to."""
        address = f"http://127.0.0.1:{self._web_port}{CALLBACK_PATH}{CALLBACK_KEY}"
        while not self._over.wait(0.2):
            with suppress(httpx.HTTPError):
                if (
                    httpx.post(address, json=callback, timeout=5, trust_env=False, verify=False).status_code
                    == 200
                ):
                    return

    def take_token_back(self) -> None:
        """CarrierX takes the token again, and a person has said so."""
        self.simulator.set_faults(unauthorized=False)
        while not self._over.wait(0.1):
            with suppress(StoreUnavailable):
                self.ledger.agenda.release()
                return

    def misled_batches(self) -> int:
        """Batches of which the sender with the wrong clock sent anything."""
        log = self._run / f"{MISLED}.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return sum(1 for line in lines if "send_batch" in line and _SENT.search(line))

    def _guest(self, name: str, argv: tuple[str, ...], environment: dict[str, str], seconds: float) -> None:
        with self._keeper.lock:
            if name in self._parts:
                return
            self._part(name, argv, environment)
        self.later(seconds, lambda: self._keeper.take_away(name))

    def calm_down(self) -> None:
        """Do at once what was to be done later; everything runs."""
        self._keeper.calm_down()

    def await_store(self) -> None:
        """Wait until the ledger answers.

        Raises:
            TimeoutError: it does not come back.
        """
        _wait(lambda: ask(self._store) is PingAnswer.READY, "Valkey")

    def end_workers(self) -> None:
        """End everything but Valkey and CarrierX: from here on nothing changes."""
        self._keeper.end_parts(but=("valkey",))

    def deaths(self) -> dict[str, int]:
        """How often each part ended by itself."""
        return {name: part.deaths for name, part in self._parts.items() if part.deaths}

    def _own_processes(self) -> set[psutil.Process]:
        """Those of the parts: the keeper may start one at any moment."""
        pids = [part.pid for part in list(self._parts.values())]
        return {psutil.Process(pid) for pid in pids if pid and psutil.pid_exists(pid)}

    def _settings(self) -> Settings:
        ours = {name.removeprefix("MMS_").lower(): value for name, value in SETTINGS.items()}
        return Settings(
            **ours,
            carrierx_url=self.simulator.url,
            carrierx_token=SecretStr(TOKEN),
            simulate=True,
            redis_url=self._store.url,
            data_dir=self.folder,
            callback_key=SecretStr(CALLBACK_KEY),
            admin_token=SecretStr("admin-token-of-the-kit"),
            public_url=None if self.weather.polls else "https://mms.example.com",
            account_rate=f"{self.weather.account_rate}/s",
            sender_rate=f"{self.weather.sender_rate}/s",
            web_port=self._web_port,
        )

    @property
    def _environment(self) -> dict[str, str]:
        chosen = self.settings
        more = {
            **SETTINGS,
            "MMS_BROKER_URL": self._store.url.replace(
                f":{urlsplit(self._store.url).port}/", f":{self.wire.port}/"
            ),
            "MMS_CALLBACK_KEY": CALLBACK_KEY,
            "MMS_ADMIN_TOKEN": "admin-token-of-the-kit",
            "MMS_ACCOUNT_RATE": chosen.account_rate,
            "MMS_SENDER_RATE": chosen.sender_rate,
            "PYTHONPATH": os.pathsep.join(
                [str(_repository()), *filter(None, [os.environ.get("PYTHONPATH")])]
            ),
        }
        if chosen.public_url:
            more["MMS_PUBLIC_URL"] = chosen.public_url
        if self._plant:
            more[PLANT_VARIABLE] = self._plant
        return {**service_environment(chosen, self._store.url, without_our_variables()), **more}

    def _start_services(self) -> None:
        environment = self._environment
        for queue in QUEUE_NAMES:
            self._part(queue, _launched(*services.worker_arguments(queue)), environment)
        self._part("beat", self._beat("beat"), environment)
        self._part("web", _WEB, environment)

    def _beat(self, name: str) -> tuple[str, ...]:
        return _launched(*services.beat_arguments(self._run / f"{name}-schedule"), "--pidfile=")

    def _part(self, name: str, argv: tuple[str, ...], environment: dict[str, str]) -> None:
        self._keeper.add(Part(name, argv, environment, self._run, self._mark))

    def _await_readiness(self) -> None:
        def ready() -> bool:
            try:
                living = {facts["pid"] for facts in self.ledger.agenda.workers().values()}
            except StoreUnavailable:
                return False
            web = answers_ready(f"http://127.0.0.1:{self._web_port}")
            return web and all(self._parts[queue].pid in living for queue in QUEUE_NAMES)

        _wait(ready, "the stack")

    def _watch_over(self) -> None:
        """Should the kit itself be killed, this ends its processes."""
        watchdog = subprocess.Popen(
            [sys.executable, "-m", "dispatcher.stack._watchdog", str(self._run)],
            env={**os.environ, MARK: self._mark},
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

        def dismiss() -> None:
            assert watchdog.stdin is not None
            with suppress(OSError):
                watchdog.stdin.write(GOODBYE)
                watchdog.stdin.close()
            watchdog.wait(10)

        self._exits.callback(dismiss)


def _launched(_: str, *module: str) -> tuple[str, ...]:
    """`-m MODULE …`, by the kit's launcher."""
    return (sys.executable, "-m", "tests.chaos.launcher", *module)


def _repository() -> Path:
    return Path(__file__).resolve().parent.parent.parent


def _wait(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} is not ready after {READY_SECONDS:.0f} s")
        time.sleep(0.1)
