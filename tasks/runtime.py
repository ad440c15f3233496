"""This process's runtime, made on first use: after a fork, never before it."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from dispatcher.errors import StoreUnavailable
from dispatcher.host.under_way import tell_under_way
from dispatcher.ledger.installation.installation import prepare, prove_durable
from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.limits.defaults import put_rates_in_force
from dispatcher.pipeline.runtime.credentials import TokenInUse
from dispatcher.pipeline.runtime.runtime import Runtime, wall_ms
from dispatcher.settings import settings
from tasks.stopping import is_stopping

log = logging.getLogger(__name__)

AWAIT_SECONDS = 1.0


@lru_cache(maxsize=1)
def open_ledger() -> Ledger:
    """The ledger of this process."""
    return Ledger.open(settings())


@lru_cache(maxsize=1)
def runtime() -> Runtime:
    """Everything a task's verb needs.

    Raises:
        ConfigError, StoreUnsafe, StoreUnavailable: this process cannot work; the task fails with the sentence.
    """
    chosen, ledger = settings(), open_ledger()
    prove_durable(ledger.redis, chosen)
    put_rates_in_force(ledger, chosen)
    return Runtime(
        ledger,
        chosen,
        prepare(ledger.redis, chosen),
        token=TokenInUse(chosen),
        pool=ThreadPoolExecutor(chosen.in_flight, thread_name_prefix="post"),
        is_stopping=is_stopping,
        tell_under_way=tell_under_way,
        clock_ms=ledger.agenda.now_ms if chosen.simulate and chosen.one_clock else wall_ms,
    )


@lru_cache(maxsize=1)
def _token_in_use() -> TokenInUse:
    return TokenInUse(settings())


def token_shown() -> str | None:
    """The CarrierX token that the processes of this worker show now; looked at again as they do."""
    access = _token_in_use().access()
    return access.token if access is not None else None


def await_ledger() -> None:
    """Return once the ledger answers, and is one that a worker of these settings can work with. It may take for ever.

    Raises:
        ConfigError, StoreUnsafe: it is not, in a sentence.
    """
    ledger, said = Ledger.open(settings()), False
    try:
        while True:
            try:
                prove_durable(ledger.redis, settings())
                prepare(ledger.redis, settings())
            except StoreUnavailable as error:
                if not said:
                    log.warning("this worker waits for the ledger: %s", error)
                said = True
                time.sleep(AWAIT_SECONDS)
            else:
                return
    finally:
        ledger.redis.close()
