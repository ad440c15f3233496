"""What a host does for the installation: all of it (`mms up`), or a part beside other hosts, on a ledger they share.

`mms work`, `mms web` and `mms control` together are what `mms up` is without its own store: whoever runs all three
with what they do by default has left nothing out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dispatcher.errors import ConfigError, InputError
from dispatcher.queues import QUEUE_NAMES, SERVICES
from dispatcher.settings import CARRIERX_API, Settings


@dataclass(frozen=True)
class Role:
    """A command, and what its host runs: workers of these queues, the web process, Flower."""

    command: str
    queues: tuple[str, ...] = ()
    web: bool = False
    flower: bool = False

    @property
    def workers(self) -> dict[str, tuple[str, ...]]:
        """The services that work on queues, and the queues of each."""
        chosen = {
            name: tuple(queue for queue in queues if queue in self.queues)
            for name, queues in SERVICES.items()
        }
        return {name: queues for name, queues in chosen.items() if queues}

    @property
    def services(self) -> tuple[str, ...]:
        """Names of all services of the role; no two roles of one data folder run the same."""
        return (*self.workers, *(["web"] if self.web else []), *(["flower"] if self.flower else []))


UP = Role("up", QUEUE_NAMES, web=True, flower=True)
WEB = Role("web", web=True)
CONTROL = Role("control", SERVICES["helper"], flower=True)
#: What no other role works on: sending, and what callbacks say.
WORK_QUEUES = tuple(queue for queue in QUEUE_NAMES if queue not in CONTROL.queues)


def work_role(queues: Iterable[str]) -> Role:
    """Workers alone.

    Raises:
        InputError: there is no such queue, or none is named.
    """
    wanted = tuple(filter(None, map(str.strip, queues)))
    unknown = [queue for queue in wanted if queue not in QUEUE_NAMES]
    if unknown or not wanted:
        what = f"{unknown[0]!r} is no queue" if unknown else "no queue is named"
        raise InputError(what, hint=f"--queues takes some of {', '.join(QUEUE_NAMES)}, with commas between")
    return Role("work", tuple(queue for queue in QUEUE_NAMES if queue in wanted))


def require_shared_ledger(role: Role, settings: Settings) -> str:
    """The address of the ledger that this host shares with others.

    Raises:
        ConfigError: there is none.
        InputError: it is simulated, and nobody says where the simulator is.
    """
    if settings.redis_url is None:
        raise ConfigError(
            f"`mms {role.command}` does a part of the work on a ledger that other hosts share, and MMS_REDIS_URL does "
            "not say where that is",
            hint="set MMS_REDIS_URL to the Redis or Valkey that all hosts use;\n"
            "`mms up` runs everything on this machine, with a store of its own if need be",
        )
    if settings.simulate and settings.carrierx_url == CARRIERX_API:
        raise InputError(
            "MMS_SIMULATE is set, and MMS_CARRIERX_URL names no simulator",
            hint="`mms simulator` runs one that all hosts can use and prints its address",
        )
    return settings.redis_url
