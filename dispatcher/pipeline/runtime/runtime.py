"""What the verbs are given: the ledger, CarrierX, our secrets, the settings, the clocks."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

from dispatcher.carrierx.client import CarrierX
from dispatcher.errors import ConfigError
from dispatcher.ledger.installation.installation import Installation, read_secrets
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.views.message_locator import MessageLocator
from dispatcher.pipeline.runtime.counters import ProcessCounters
from dispatcher.pipeline.runtime.credentials import Access, TokenInUse, client_of, token_of
from dispatcher.rules import retry_policy
from dispatcher.settings import Settings


def wall_ms() -> int:
    """This machine's clock, ms since 1970."""
    return time.time_ns() // 1_000_000


def running_seconds() -> float:
    """A clock that runs on while the process is stopped, and where there is one, while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True)
class Runtime:
    """One process's view. `token`, `api` and `pool` are made in the process that uses them, never across a fork.

    `api` is a client for good; without it `token` gives the one of the token in use. `is_stopping`: no new work is
    begun, and what can be handed over is; `tell_under_way` hears meanwhile how many messages are still waited for.
    """

    ledger: Ledger
    settings: Settings
    installation: Installation
    api: CarrierX | None = None
    pool: ThreadPoolExecutor | None = None
    clock_ms: Callable[[], int] = field(default=wall_ms)
    stopwatch: Callable[[], float] = field(default=running_seconds)
    is_stopping: Callable[[], bool] = field(default=lambda: False)
    tell_under_way: Callable[[int], None] = field(default=lambda _: None)
    token: TokenInUse | None = None
    secrets_learned: list[bytes] = field(default_factory=list, repr=False)
    counters: ProcessCounters = field(default_factory=ProcessCounters, repr=False)

    @cached_property
    def message_locator(self) -> MessageLocator:
        """Where messages stand, as ingestion read it in the last seconds."""
        return MessageLocator(self.ledger)

    @property
    def carrierx(self) -> CarrierX:
        """The client of CarrierX.

        Raises:
            ConfigError: there is no token.
        """
        return self.access.client

    @property
    def access(self) -> Access:
        """Client and token of one moment.

        Raises:
            ConfigError: there is no token.
        """
        if self.api is not None:
            return Access(self.api, token_of(self.settings) or "")
        access = self.token.access() if self.token is not None else None
        if access is None:
            raise ConfigError("there is no CarrierX token", hint="`mms token carrierx` takes one")
        return access

    @property
    def fingerprint(self) -> str:
        """What the token in use is known by in the ledger."""
        if self.api is None and self.token is None:
            return self.fingerprint_of(token_of(self.settings) or "")
        return self.fingerprint_of(self.access.token)

    def fingerprint_of(self, token: str) -> str:
        """What a token is known by in the ledger: eight characters that do not tell it."""
        return hmac.digest(self.installation.secrets[0], token.encode(), "sha256").hex()[:8]

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """All secrets that may stand behind our user_data; the first is the one that this process writes with."""
        return (*self.installation.secrets, *self.secrets_learned)

    def learn_secrets(self) -> None:
        """Read the ledger's secrets again: another process may write with one that came after our start.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        known = self.secrets
        self.secrets_learned.extend(one for one in read_secrets(self.ledger.redis) if one not in known)

    def look_for_another_token(self) -> None:
        """The one in use was refused: look whether there is another."""
        if self.token is not None:
            self.token.look_again()

    @property
    def polls(self) -> bool:
        """No callback can reach us from outside: ask for states instead."""
        return self.settings.public_url is None

    @property
    def first_poll_ms(self) -> int:
        """How long after its acceptance CarrierX is first asked for a message, ms."""
        return retry_policy.first_poll_ms(self.settings.poll_first, polls=self.polls)


def make_client(settings: Settings) -> CarrierX | None:
    """The client of CarrierX for this process, None without a token."""
    token = token_of(settings)
    return client_of(settings, token) if token else None
