"""The ledger as a command opens it: answering, and in the mode that it was made in."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dispatcher.cli.shell.output import say
from dispatcher.errors import ConfigError, InputError, StoreUnavailable
from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.ledger.installation.installation import read_mode
from dispatcher.ledger.ledger import Ledger
from dispatcher.settings import Settings, settings


class OpenLedger(NamedTuple):
    """A ledger that answers, and the settings with the ledger's own mode."""

    ledger: Ledger
    config: Settings


def open_ledger() -> OpenLedger:
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
    return OpenLedger(ledger, config.model_copy(update={"simulate": mode == "simulate"}))


def config_of_any_ledger() -> Settings:
    """The settings with the mode of the ledger, if one is running; else as they are."""
    try:
        return open_ledger().config
    except (ConfigError, StoreUnavailable):
        return settings()


def open_file(file: Path) -> BinaryIO:
    """A file that a command names, to be read.

    Raises:
        InputError: it cannot be opened, or is no file: a socket, a device.
    """
    _refuse_no_file(file)
    try:
        return file.open("rb")
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or "it has no name that a file can have"
        raise InputError(f"{file} cannot be opened: {said}", hint="name an existing file") from None


def _refuse_no_file(file: Path) -> None:
    """Reading on for ever, or waiting for somebody who writes, is no answer; a campaign's pipe was copied before."""
    if file.is_fifo() or file.is_socket():
        raise InputError(
            f"{file} is a pipe or socket, which cannot be read here", hint="save it as a file first"
        )
    if file.is_char_device() or file.is_block_device():
        raise InputError(f"{file} is a device and no file", hint="save it as a file first")


def noted(ledger: Ledger, did: str, campaign: str = "") -> None:
    """Add a line. It holds no number and no text."""
    AuditLog(ledger.redis).note(who(), did, campaign)


def who() -> str:
    """Who sits at this shell; a container's user may have no name."""
    try:
        return f"cli {getpass.getuser()}"
    except (OSError, KeyError):
        return "cli somebody"


def hint_expansion(campaign_id: str) -> None:
    """Publish the first hint; if the broker does not take it, the tick finds the campaign all the same."""
    from tasks import hints  # noqa: PLC0415 - only the commands that speak to Celery pay for loading it

    try:
        hints.expand(campaign_id)
    except Exception:
        say("note: the broker did not take the hint; the campaign starts with the next tick")
