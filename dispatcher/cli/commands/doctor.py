"""`mms doctor`: what could be wrong, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.text import Text

from dispatcher.cli.shell.options import AsJson
from dispatcher.cli.shell.output import print_json
from dispatcher.cli.shell.provider import reach_carrierx
from dispatcher.cli.shell.tables import out
from dispatcher.errors import ConfigError, StoreUnavailable
from dispatcher.ledger.installation.installation import read_mode
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import IMPATIENT
from dispatcher.pipeline.campaigns.settings_file import resolve_settings
from dispatcher.pipeline.health.doctor import diagnose
from dispatcher.pipeline.health.finding import HealthFinding
from dispatcher.settings import Settings, settings

_MARKS = {"ok": ("ok  ", "green"), "note": ("note", "yellow"), "bad": ("bad ", "red")}


def doctor(
    sender: Annotated[
        str | None, typer.Option("--from", metavar="NUMBER", help="Also look at this sending number.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at everything that has to work, and say how to mend what does not.

    Redis, broker, workers, queues, clocks, CarrierX and callbacks. Exit status 1 when something is wrong.

    Example: mms doctor --from 15162065575
    """
    number = resolve_settings({"from": [sender]}, {})[0].senders[0] if sender else None
    config, away = _config()
    findings = list(diagnose(config, number, away))
    findings += _broker(config, findings)
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        console = out()
        for finding in findings:
            console.print(
                Text.assemble(_MARKS[finding.verdict], "  ", (finding.subject, "bold"), f": {finding.seen}")
            )
            if finding.mend:
                console.print(f"      {finding.mend}", style="dim", highlight=False)
    if any(finding.verdict == "bad" for finding in findings):
        raise typer.Exit(1)


def _broker(config: Settings, said: Sequence[HealthFinding]) -> Iterator[HealthFinding]:
    from tasks.broker_findings import look_at_broker  # noqa: PLC0415 - only the commands that speak to Celery pay for loading it

    return look_at_broker(config, said)


def _config() -> tuple[Settings, StoreUnavailable | None]:
    """The settings, towards the simulator that runs here if the ledger is simulated; and why the ledger could not be
    asked, so that a Redis that says nothing is waited for once."""
    config, away = settings(), None
    try:
        mode = read_mode(Ledger.open(config, **IMPATIENT).redis)
        config = config if mode is None else config.model_copy(update={"simulate": mode == "simulate"})
    except StoreUnavailable as error:
        away = error
    except ConfigError:  # no Redis is known: that is among what is found
        pass
    try:
        return reach_carrierx(config).config, away
    except ConfigError:  # no token, or no simulator: as well
        return settings(), away
