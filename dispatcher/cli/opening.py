"""The ledger as a command opens it: answering, and in the mode that it was made in."""

from __future__ import annotations

from typing import NamedTuple

from dispatcher.errors import ConfigError, StoreUnavailable
from dispatcher.ledger.installation import read_mode
from dispatcher.ledger.ledger import Ledger
from dispatcher.settings import Settings, settings


class Opened(NamedTuple):
    """A ledger that answers, and the settings with the ledger's own mode."""

    ledger: Ledger
    config: Settings


def open_ledger() -> Opened:
    """The ledger of this folder or of `MMS_REDIS_URL`. A simulated one makes this command simulated too.

    Raises:
        ConfigError: none is known, or nothing was ever started on it.
        StoreUnavailable: it does not answer.
    """
    config = settings()
    ledger = Ledger.open(config)
    mode = read_mode(ledger.redis)
    if mode is None:
        raise ConfigError("this Redis has no ledger yet", hint="start everything with `mms up` first")
    return Opened(ledger, config.model_copy(update={"simulate": mode == "simulate"}))


def config_of_any_ledger() -> Settings:
    """The settings with the mode of the ledger, if one is running; else as they are."""
    try:
        return open_ledger().config
    except (ConfigError, StoreUnavailable):
        return settings()
