"""`mms limits …`: what holds claims back, and changing it while campaigns run."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from dispatcher.cli.shell.context import noted, open_ledger
from dispatcher.cli.shell.options import AsJson
from dispatcher.cli.shell.output import print_json, print_line
from dispatcher.cli.shell.tables import out
from dispatcher.errors import InputError
from dispatcher.model.scope import scope_forms
from dispatcher.pipeline.limits.changes import MOST, LimitChange, change_limit, reset_limit
from dispatcher.pipeline.limits.view import limit_lines, read_scope

app = typer.Typer(no_args_is_help=True, help="Show and change limits; running campaigns obey at once.")

Scope = Annotated[
    str,
    typer.Argument(metavar="SCOPE", help=f"{scope_forms()}."),
]


@app.command("show")
def show_command(as_json: AsJson = False) -> None:
    """Show limits in force, daily caps and what they were used, holds, lowered paces and brakes.

    Example: mms limits show
    """
    ledger = open_ledger().ledger
    found = ledger.limits.in_force()
    lines = limit_lines(ledger, found)
    if as_json:
        rows = [line.model_dump() for line in lines]
        print_json({"limits": rows, "stopped": found.brake or None, "failures_in_a_row": found.failures})
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("scope", "rate", "burst", "now", "today", "held until", "set by"):
        table.add_column(heading, overflow="fold")
    for line in lines:
        today = f"{line.used} of {line.per_day} ({line.zone})" if line.per_day is not None else ""
        now = "disabled" if line.disabled else f"{line.pace:.0%} after 429" if line.pace < 1 else ""
        cells = (line.scope, line.rate, line.burst, now, today, line.held_until, line.set_by)
        table.add_row(*(str(cell) if cell is not None else "" for cell in cells))
    out().print(table)
    if found.brake:
        print_line(f"everything is stopped: {found.brake}")
    if found.most_failures and found.failures >= found.most_failures:
        print_line(f"CarrierX failed {found.failures} times in a row: one probe at a time until it answers")


@app.command("set")
def set_command(
    scope: Scope,
    rate: Annotated[str | None, typer.Option("--rate", help="Legs and segments, like 50/s or 600/m.")] = None,
    burst: Annotated[
        float | None,
        typer.Option("--burst", min=1, max=MOST, help="So many may go at once; default: 50 ms of the rate."),
    ] = None,
    per_day: Annotated[
        int | None, typer.Option("--per-day", min=0, max=MOST, help="At most so many a day; 0: no daily cap.")
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option("--zone", help="Whose midnight begins the day; default: America/Los_Angeles."),
    ] = None,
    disable: Annotated[bool, typer.Option("--disable", help="Send nothing from this number.")] = False,
    enable: Annotated[bool, typer.Option("--enable", help="Use this number again.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Back to what the settings say.")] = False,
) -> None:
    """Change limits. Claims obey as soon as this returns; restarts keep it.

    Example: mms limits set account --rate 50/s --burst 5 --per-day 100000 --zone America/New_York
    """
    ledger, config = open_ledger()
    name = read_scope(scope)
    if not (rate or burst or zone or disable or enable or reset) and per_day is None:
        raise InputError(
            "nothing to set", hint="give --rate, --burst, --per-day, --disable, --enable or --reset"
        )
    if disable and enable:
        raise InputError("--disable and --enable exclude each other", hint="give one of the two")
    enabled = enable if disable or enable else None
    if reset:
        reset_limit(ledger, name, config)
    change = LimitChange(rate=rate, burst=burst, per_day=per_day, zone=zone, enabled=enabled)
    if change != LimitChange():
        change_limit(ledger, name, change)
    noted(ledger, f"{'reset' if reset else 'changed'} the limits of {name.whose}", name.campaign_id)
    print_line(f"{name}: in force")
