"""`mms doctor`: what could be wrong, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.text import Text

from dispatcher.cli.carrierx import reach_carrierx
from dispatcher.cli.options import AsJson
from dispatcher.cli.output import out, print_json
from dispatcher.errors import ConfigError
from dispatcher.pipeline.diagnose import diagnose
from dispatcher.pipeline.finding import Finding
from dispatcher.pipeline.sidecar import resolve_settings
from dispatcher.settings import Settings, settings

_MARKS = {"ok": ("ok  ", "green"), "note": ("note", "yellow"), "bad": ("bad ", "red")}


def doctor(
    sender: Annotated[
        str | None, typer.Option("--from", metavar="NUMBER", help="Also look at this sending number.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at Redis, broker, workers, queues, clocks, CarrierX and callbacks, and say how to mend what is wrong.

    Exit status 1 when something is wrong.

    Example: mms doctor --from 15162065575
    """
    number = resolve_settings({"from": [sender]}, {})[0].senders[0] if sender else None
    config = _config()
    findings = [*diagnose(config, number), *_broker(config)]
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


def _broker(config: Settings) -> Iterator[Finding]:
    from tasks.broker import look_at_broker  # noqa: PLC0415 - only the commands that speak to Celery pay for loading it

    return look_at_broker(config)


def _config() -> Settings:
    """The settings, towards the simulator that runs here if the ledger is simulated."""
    try:
        return reach_carrierx().config
    except ConfigError:  # no token, or no simulator: that is among what is found
        return settings()
