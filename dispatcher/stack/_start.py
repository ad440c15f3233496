"""The services of a role: the web process as soon as the store is late, all of them when the store answers."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from dispatcher.errors import StoreUnavailable
from dispatcher.host.ports import LOOPBACK, remembered_port
from dispatcher.ledger.installation.installation import prepare, prove_durable
from dispatcher.ledger.installation.recovery import Restored
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.pipeline.health.clock import clock_apart_ms
from dispatcher.pipeline.health.shared_settings import digests_of, set_otherwise
from dispatcher.pipeline.upgrade.standing import standing
from dispatcher.settings import Settings
from dispatcher.stack import services
from dispatcher.stack._host_name import take_host_name
from dispatcher.stack._ledger_found import LedgerFound
from dispatcher.stack._store_wait import await_store
from dispatcher.stack.addresses import Addresses, addresses, announcement, answers_ready, web_url
from dispatcher.stack.environment import service_environment, simulator_environment
from dispatcher.stack.roles import UP, Role
from dispatcher.stack.run_directory import Stack, publish, unpublish
from dispatcher.stack.simulator_service import TOKEN
from dispatcher.stack.supervisor import Supervisor

#: Beyond this it is said what is not ready yet, and waited on.
READY_SECONDS = 60.0

Say = Callable[[str], None]
WhenReady = Callable[[Supervisor], None]
#: Is the store as it was left? Asked before anything can be sent.
LookAtStore = Callable[[Ledger], Restored | None]


class Start:
    """One start of a role's services on the store at `redis_url`."""

    def __init__(
        self,
        role: Role,
        settings: Settings,
        redis_url: str,
        supervisor: Supervisor,
        run: Path,
        say: Say,
        look: LookAtStore,
    ) -> None:
        self._role = role
        self._simulates = settings.simulate and role is UP
        self._simulator_port = remembered_port(run / "simulator-port") if self._simulates else 0
        self._settings = self._towards_simulator(settings) if self._simulates else settings
        self._ledger = Ledger.of(client(redis_url), settings)
        self._redis_url = redis_url
        self._run = run
        self._supervisor = supervisor
        self._say = say
        self._look = look
        self._environment = service_environment(self._settings, redis_url, os.environ)
        self._web_started = False
        self._host = ""

    def as_soon_as_it_answers(self, when_ready: WhenReady) -> None:
        """The same with a store that is somebody else's: it is waited for, and callbacks are taken while it is away."""
        begun = await_store(self._redis_url, self._begin, self._supervisor, self._say, self._meanwhile)
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

    def _meanwhile(self) -> str:
        """Do what can be done without a store; answers the sentence about it."""
        if not self._role.web:
            return "This host does nothing until it is there"
        return (
            f"Until it is there callbacks are taken at {self.start_web()} and kept on disk; nothing is sent"
        )

    def _begin(self) -> LedgerFound:
        """May this store be worked with?"""
        prove_durable(self._ledger.redis, self._settings)
        lets_people_in = self._role.web or self._role.flower
        installation = prepare(self._ledger.redis, self._settings, lets_people_in=lets_people_in)
        restored = self._look(self._ledger)
        shared = self._settings.redis_url is not None
        host = take_host_name(self._ledger, self._role, self._settings) if shared else socket.gethostname()
        apart_ms = 0 if self._settings.one_clock else clock_apart_ms(self._ledger)
        problem = None if restored else self._ledger.readiness.problem()
        others = self._ledger.agenda.workers() if shared else {}
        differing = set_otherwise(digests_of(self._settings), others)
        return LedgerFound(installation, host, apart_ms, restored, problem, differing)

    def _go_on(self, begun: LedgerFound, when_ready: WhenReady) -> None:
        found = addresses(self._settings, begun.installation)
        for line in announcement(self._role, self._settings, begun.installation, found):
            self._say(line)
        if self._role is not UP:
            self._say(f"host         {begun.host}")
        for why in begun.attention():
            self._say(f"\nATTENTION: {why}\n")
        if upgrading := standing(self._ledger).way:
            self._say(f"\n{upgrading}; nothing is to be done, and everything is sent meanwhile.\n")
        self._start_services(begun.host, found)
        try:
            self._publish(found, ready=False)
            if self._await_readiness(found):
                self._publish(found, ready=True)
                self._supervisor.tell_ready()
                when_ready(self._supervisor)
            self._supervisor.run()
        finally:
            unpublish(self._run)
            self._ledger.redis.close()

    def _towards_simulator(self, settings: Settings) -> Settings:
        simulated = {
            "carrierx_url": f"http://{LOOPBACK}:{self._simulator_port}",
            "carrierx_token": SecretStr(TOKEN),
        }
        return settings.model_copy(update=simulated)

    def _start_services(self, host: str, found: Addresses) -> None:
        self._host = host
        renamed = "" if host == socket.gethostname() else host
        wanted = services.celery_services(
            self._role, self._settings, self._environment, found.flower_login, renamed
        )
        if self._simulates:
            simulator = simulator_environment(self._environment, self._simulator_port, found.local_callback)
            wanted.append(services.simulator_service(simulator))
        for service in wanted:
            self._supervisor.start(service)
        if self._role.web:
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
            workers = self._ledger.agenda.workers().items()
            living = {(name, facts["pid"]) for name, facts in workers}
        except StoreUnavailable:
            living = set()
        works = {
            name: living >= {(f"{queue}@{self._host}", self._supervisor.pid(name)) for queue in queues}
            for name, queues in self._role.workers.items()
        }
        if self._role.web:
            works["web"] = answers_ready(found.web)
        for name in (name for name, does in works.items() if does):
            self._supervisor.worked(name)
        return [name for name, does in works.items() if not does]

    def _publish(self, found: Addresses, *, ready: bool) -> None:
        """Tell other commands where everything is; who has only a part tells nobody."""
        if self._role is not UP:
            return
        stack = Stack(
            pid=os.getpid(),
            mode=self._settings.mode,
            carrierx_url=self._settings.carrierx_url,
            web_url=found.web,
            flower_url=found.flower,
            ready=ready,
        )
        publish(self._run, stack)
