"""`mms campaign report`: what became of every row."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from dispatcher.cli.shell.context import open_ledger
from dispatcher.cli.shell.options import CampaignId
from dispatcher.cli.shell.output import say
from dispatcher.errors import InputError
from dispatcher.pipeline.reports.report import find_rows, write_report


def report_command(
    campaign_id: CampaignId,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write there; default: standard output."),
    ] = None,
) -> None:
    """Write one line per row of the file, in its order, as CSV.

    Example: mms campaign report spring-x7k2mp -o spring-report.csv
    """
    ledger = open_ledger().ledger
    if output is None:
        write_report(ledger, campaign_id, sys.stdout)
        return
    find_rows(ledger, campaign_id)
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            rows = write_report(ledger, campaign_id, file)
    except OSError as error:
        raise InputError(
            f"{output} cannot be written: {error.strerror}", hint="choose another -o FILE"
        ) from None
    say(f"{rows} rows written to {output}")
