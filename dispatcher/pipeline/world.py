"""What the verbs need of the world: the ledger, CarrierX, our secrets, the settings, the clocks."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from dispatcher.carrierx.client import CarrierX
from dispatcher.errors import ConfigError
from dispatcher.ledger.installation import Installation
from dispatcher.ledger.ledger import Ledger
from dispatcher.settings import Settings


def wall_ms() -> int:
    """This machine's clock, ms since 1970."""
    return time.time_ns() // 1_000_000


def running_seconds() -> float:
    """A clock that runs on while the process is stopped, and where there is one, while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True)
class World:
    """One process's view. `api` and `pool` are made in the process that uses them, never across a fork."""

    ledger: Ledger
    settings: Settings
    installation: Installation
    api: CarrierX | None = None
    pool: ThreadPoolExecutor | None = None
    clock_ms: Callable[[], int] = field(default=wall_ms)
    stopwatch: Callable[[], float] = field(default=running_seconds)

    @property
    def carrierx(self) -> CarrierX:
        """The client of CarrierX.

        Raises:
            ConfigError: there is no token.
        """
        if self.api is None:
            raise ConfigError("MMS_CARRIERX_TOKEN is not set", hint="set it, or use `mms up --simulate`")
        return self.api

    @property
    def fingerprint(self) -> str:
        """What the token in use is known by in the ledger: eight characters that do not tell it."""
        token = self.settings.carrierx_token
        plain = token.get_secret_value() if token else ""
        return hmac.digest(self.installation.secrets[0], plain.encode(), "sha256").hex()[:8]

    @property
    def fictional_ok(self) -> bool:
        """Fictional numbers (555-0100…0199) can be sent to in a simulated ledger, and only there."""
        return self.settings.simulate

    @property
    def polls(self) -> bool:
        """No callback can reach us from outside: ask for states instead."""
        return self.settings.public_url is None


def make_client(settings: Settings) -> CarrierX | None:
    """The client of CarrierX for this process, None without a token."""
    if settings.carrierx_token is None:
        return None
    return CarrierX(
        settings.carrierx_url,
        settings.carrierx_token.get_secret_value(),
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        pool_size=settings.in_flight + 8,
    )
