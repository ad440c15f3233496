"""`mms replicas …`: how many replicas of the store there should be."""

from __future__ import annotations

from typing import Annotated

import typer

from dispatcher.cli.shell.context import noted, open_ledger
from dispatcher.cli.shell.options import AsJson
from dispatcher.cli.shell.output import print_json, print_line

app = typer.Typer(
    no_args_is_help=True, help="Replicas of the store; without one that there was nothing is sent."
)


@app.command("show")
def show_command(as_json: AsJson = False) -> None:
    """Show how many replicas there should be, and how many there are.

    Example: mms replicas show
    """
    expected, attached = open_ledger().ledger.readiness.replicas()
    if as_json:
        print_json({"expected": expected, "attached": attached})
    else:
        print_line(f"{attached} of {expected} replicas are there")


@app.command("expect")
def expect_command(
    replicas: Annotated[
        int, typer.Argument(metavar="NUMBER", min=0, max=100, help="So many there should be.")
    ],
) -> None:
    """Say how many replicas there should be from now on: some are gone for good, or not back for long.

    Say it only of the one primary that shall work on, and when no other takes writes: two that send at a time
    send twice. The number rises by itself when more are seen.

    Example: mms replicas expect 1
    """
    ledger = open_ledger().ledger
    ledger.readiness.expect(replicas)
    noted(ledger, f"said that there should be {replicas} replicas")
    print_line(f"{replicas} replicas are expected from now on; claims obey within a minute")
