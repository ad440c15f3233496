"""`mms campaign audit`: whether a campaign's books are right."""

from __future__ import annotations

import typer

from dispatcher.cli.shell.context import open_ledger
from dispatcher.cli.shell.options import AsJson, CampaignId
from dispatcher.cli.shell.output import print_json, print_line
from dispatcher.pipeline.reports.audit import AuditResult, audit


def audit_command(campaign_id: CampaignId, as_json: AsJson = False) -> None:
    """Prove from the ledger that every row is in one state and that all counts agree, or say what is off.

    May be run while the campaign is sent. Exit status 0: nothing is off; 1: something is.

    Example: mms campaign audit spring-x7k2mp
    """
    result = audit(open_ledger().ledger, campaign_id)
    if as_json:
        print_json({**result.model_dump(mode="json"), "clean": result.clean})
    else:
        _print(result)
    if not result.clean:
        raise typer.Exit(1)


def _print(result: AuditResult) -> None:
    counts = ", ".join(f"{count} {state.value}" for state, count in result.counts.items() if count)
    print_line(f"{result.campaign} is {result.state.value}: {result.rows} rows in {result.batches} batches")
    print_line(f"counted: {counts or 'nothing yet'}")
    if not result.totals_compared:
        print_line(
            "rows moved at every look, so batches and campaign were not compared: ask again when it is quiet"
        )
    for finding in result.findings:
        print_line(f"off: {finding}")
    if result.clean:
        print_line("nothing is off")
