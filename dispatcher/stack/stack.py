"""Everything on this machine: the store first, then all the rest at once, until somebody stops it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from dispatcher.errors import MmsError, StoreUnavailable
from dispatcher.host.ports import LOOPBACK, remembered_port
from dispatcher.host.private_files import private_folder
from dispatcher.ledger.installation.installation import Installation, prepare, prove_durable
from dispatcher.ledger.installation.recovery import Restored
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.ledger.store.embedded import (
    EmbeddedValkey,
    PingAnswer,
    announce,
    ask,
    prepare_embedded,
    why_it_died,
    withdraw,
)
from dispatcher.pipeline.recovery.restore_detection import MEND, count_tick, detect_restore, in_words
from dispatcher.queues import SERVICES
from dispatcher.settings import Settings
from dispatcher.stack import services
from dispatcher.stack._embedded_store import EmbeddedStore
from dispatcher.stack._fork import preload
from dispatcher.stack._store_wait import await_store
from dispatcher.stack.addresses import (
    Addresses,
    addresses,
    announcement,
    answers_ready,
    require_flower_login,
    require_free_ports,
    web_url,
)
from dispatcher.stack.environment import service_environment, simulator_environment, without_our_variables
from dispatcher.stack.run_directory import Stack, only_one, publish, unpublish
from dispatcher.stack.simulator_service import TOKEN
from dispatcher.stack.supervisor import Supervisor

#: Beyond this, `mms up` says what is not ready yet, and goes on waiting.
READY_SECONDS = 60.0
#: Our own store answers sooner, unless it has much to read.
STORE_SECONDS = 1.0

Say = Callable[[str], None]
WhenReady = Callable[[Supervisor], None]


def run_stack(settings: Settings, say: Say, when_ready: WhenReady) -> None:
    """Start all services, say where they are, look after them until SIGTERM or Ctrl-C, end them.

    `when_ready` is called once, when everything works; it must not block.

    Raises:
        InputError: the data folder is in use, or a port is; nothing was started.
        ConfigError: the ledger belongs to another mode or API.
        StoreUnavailable, StoreUnsafe: our own store does not start, or the store cannot keep our promises. Another
            one that does not answer is waited for.
        ServiceFailed: a service ends at once, however often it is started.
    """
    data_dir = private_folder(settings.data_dir.absolute())
    settings = settings.model_copy(update={"data_dir": data_dir})
    preload(services.SHARED)
    with (
        only_one(data_dir) as run,
        EmbeddedStore(settings) as own,
        Supervisor(run=run, logs=data_dir / "logs", say=say) as supervisor,
    ):
        require_free_ports(settings)
        require_flower_login(settings)
        if settings.redis_url:
            _Start(settings, settings.redis_url, run, supervisor, say, own).as_soon_as_it_answers(when_ready)
        else:
            _with_own_store(settings, run, supervisor, say, own, when_ready)
        say("stopping …")


def _with_own_store(
    settings: Settings,
    run: Path,
    supervisor: Supervisor,
    say: Say,
    own: EmbeddedStore,
    when_ready: WhenReady,
) -> None:
    store = prepare_embedded(settings.data_dir)
    supervisor.start(services.valkey_service(store, without_our_variables()))
    start = _Start(settings, store.url, run, supervisor, say, own)
    try:
        if _answers(store, supervisor, say, start.start_web):
            announce(store)
            supervisor.worked(services.VALKEY)
            start.everything(when_ready)
    finally:
        withdraw(store)


def _answers(store: EmbeddedValkey, supervisor: Supervisor, say: Say, start_web: Callable[[], str]) -> bool:
    """Wait for it as long as it takes to load, taking callbacks if that is long; False when the end was
    asked for meanwhile."""
    begun = time.monotonic()
    web_started = False
    while not supervisor.stopping:
        answer = ask(store)
        if answer is PingAnswer.READY:
            return True
        if supervisor.deaths(services.VALKEY):
            raise why_it_died(store, supervisor.last_words(services.VALKEY))
        late = answer is PingAnswer.LOADING or time.monotonic() - begun > STORE_SECONDS
        if late and not web_started:
            web_started = True
            say(
                f"reading the ledger from disk …; until then callbacks are taken at {start_web()} and kept on disk"
            )
        supervisor.step(0.05)
    return False


@dataclass(frozen=True)
class _Begun:
    """A store that may be worked with: whose it is, whether it is an older copy, why it grants no claim now."""

    installation: Installation
    restored: Restored | None
    problem: MmsError | None


class _Start:
    """Everything but the store: the web process as soon as the store is late, all of it when it answers."""

    def __init__(
        self,
        settings: Settings,
        redis_url: str,
        run: Path,
        supervisor: Supervisor,
        say: Say,
        own: EmbeddedStore,
    ) -> None:
        self._own = own
        self._simulator_port = remembered_port(run / "simulator-port") if settings.simulate else 0
        self._settings = self._towards_simulator(settings) if settings.simulate else settings
        self._ledger = Ledger.of(client(redis_url), settings)
        self._redis_url = redis_url
        self._run = run
        self._supervisor = supervisor
        self._say = say
        self._environment = service_environment(self._settings, redis_url, os.environ)
        self._web_started = False

    def as_soon_as_it_answers(self, when_ready: WhenReady) -> None:
        """The same with a store that is somebody else's: callbacks are taken while it is away."""
        begun = await_store(self._redis_url, self._begin, self._supervisor, self._say, self.start_web)
        if begun is not None:
            self._go_on(begun, when_ready)

    def everything(self, when_ready: WhenReady) -> None:
        """Start the services, say where they are and when they are ready, look after them to the end."""
        self._go_on(self._begin(), when_ready)

    def start_web(self) -> str:
        """Start the web process, whose callback receiver needs no store; says where it listens."""
        if not self._web_started:
            self._web_started = True
            self._supervisor.start(services.web_service(self._environment))
        return web_url(self._settings)

    def _begin(self) -> _Begun:
        """May this store be worked with?"""
        prove_durable(self._ledger.redis, self._settings)
        installation = prepare(self._ledger.redis, self._settings)
        restored = self._looked_at()
        return _Begun(installation, restored, None if restored else self._ledger.readiness.problem())

    def _go_on(self, begun: _Begun, when_ready: WhenReady) -> None:
        found = addresses(self._settings, begun.installation)
        for line in announcement(self._settings, begun.installation, found):
            self._say(line)
        if begun.problem is not None:
            self._say(f"\nATTENTION: nothing is sent: {begun.problem}.\n  {begun.problem.hint}.\n")
        if begun.restored is not None:
            self._say(f"\nATTENTION: {in_words(begun.restored)}.\n  {MEND}.\n")
        self._start_services(found)
        try:
            self._publish(found, ready=False)
            if self._await_readiness(found):
                self._publish(found, ready=True)
                when_ready(self._supervisor)
            self._supervisor.run()
        finally:
            unpublish(self._run)
            self._ledger.redis.close()

    def _looked_at(self) -> Restored | None:
        """Before anything can be sent: is the store as it was left?"""
        if self._settings.redis_url is None:
            self._own.ledger = self._ledger.recovery.id()
            return detect_restore(self._ledger, self._settings, self._own.found)
        count_tick(self._ledger, self._settings)
        return self._ledger.recovery.restored()

    def _towards_simulator(self, settings: Settings) -> Settings:
        simulated = {
            "carrierx_url": f"http://{LOOPBACK}:{self._simulator_port}",
            "carrierx_token": SecretStr(TOKEN),
        }
        return settings.model_copy(update=simulated)

    def _start_services(self, found: Addresses) -> None:
        wanted = services.celery_services(self._settings, self._environment, found.flower_login)
        if self._settings.simulate:
            simulator = simulator_environment(self._environment, self._simulator_port, found.local_callback)
            wanted.append(services.simulator_service(simulator))
        for service in wanted:
            self._supervisor.start(service)
        self.start_web()

    def _await_readiness(self, found: Addresses) -> bool:
        """True once everything works, False when the end was asked for before."""
        late_said = False
        while not self._supervisor.wait_until(
            lambda: not self._not_ready(found), timeout_seconds=READY_SECONDS
        ):
            if self._supervisor.stopping:
                return False
            if not late_said:
                late_said = True
                late = ", ".join(self._not_ready(found))
                self._say(
                    f"not ready after {READY_SECONDS:.0f} s: {late}; see {self._settings.data_dir / 'logs'}"
                )
        return True

    def _not_ready(self, found: Addresses) -> list[str]:
        """The services that do not work yet. Those that do are noted: should they die, they are started again."""
        try:
            workers = self._ledger.agenda.workers().values()
            living = {(facts["pid"], queue) for facts in workers for queue in facts["queues"]}
        except StoreUnavailable:
            living = set()
        works = {
            name: living >= {(self._supervisor.pid(name), queue) for queue in queues}
            for name, queues in SERVICES.items()
        }
        works["web"] = answers_ready(found.web)
        for name in (name for name, does in works.items() if does):
            self._supervisor.worked(name)
        return [name for name, does in works.items() if not does]

    def _publish(self, found: Addresses, *, ready: bool) -> None:
        stack = Stack(
            pid=os.getpid(),
            mode=self._settings.mode,
            carrierx_url=self._settings.carrierx_url,
            web_url=found.web,
            flower_url=found.flower,
            ready=ready,
        )
        publish(self._run, stack)
