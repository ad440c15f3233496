"""`mms limits …`: what holds claims back, and changing it while campaigns run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from dispatcher.cli.number import read_number
from dispatcher.cli.opening import open_ledger
from dispatcher.cli.options import AsJson
from dispatcher.cli.output import out, print_json, print_line
from dispatcher.errors import InputError
from dispatcher.ledger.limits import NEVER_MS, LimitsInForce
from dispatcher.pipeline.limiting import reset_limit, set_limit, use_sender

app = typer.Typer(no_args_is_help=True, help="Show and change limits; running campaigns obey at once.")

Scope = Annotated[
    str,
    typer.Argument(
        metavar="SCOPE", help="account, sender (each one's default), sender:NUMBER or campaign:ID."
    ),
]


@app.command("show")
def show_command(as_json: AsJson = False) -> None:
    """Show limits in force, daily caps and what they were used, holds, lowered paces and brakes.

    Example: mms limits show
    """
    found = open_ledger().ledger.limits.in_force()
    rows = [_row(found, scope) for scope in sorted(_scopes(found))]
    if as_json:
        print_json({"limits": rows, "stopped": found.brake or None, "failures_in_a_row": found.failures})
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("scope", "rate", "burst", "now", "today", "held until", "set by"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        today = f"{row['used']} of {row['per_day']} ({row['zone']})" if row["per_day"] is not None else ""
        pace = row["pace"]
        now = "disabled" if row["disabled"] else f"{pace:.0%} after 429" if pace < 1 else ""
        cells = (row["scope"], row["rate"], row["burst"], now, today, row["held_until"], row["set_by"])
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
        typer.Option("--burst", min=1, help="So many may go at once; default: 50 ms of the rate."),
    ] = None,
    per_day: Annotated[
        int | None, typer.Option("--per-day", min=0, help="At most so many a day; 0: no daily cap.")
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
    if disable or enable:
        if disable and enable:
            raise InputError("--disable and --enable exclude each other", hint="give one of the two")
        if not name.startswith("sender:"):
            raise InputError("only a sender is disabled", hint="mms limits set sender:NUMBER --disable")
        use_sender(ledger, name.removeprefix("sender:"), enabled=enable)
    if reset:
        reset_limit(ledger, name, config)
    if rate is not None or burst is not None or per_day is not None or zone is not None:
        set_limit(ledger, name, rate=rate, burst=burst, per_day=per_day, zone=zone)
    print_line(f"{name}: in force")


def read_scope(text: str) -> str:
    """A scope as the ledger writes it.

    Raises:
        InputError: it is none.
    """
    kind, colon, name = text.strip().partition(":")
    if kind in {"account", "sender"} and not colon:
        return kind
    if kind == "sender" and name:
        return f"sender:{read_number(name)}"
    if kind == "campaign" and name:
        return f"campaign:{name}"
    raise InputError(
        f"{text!r} is not a scope", hint="write account, sender, sender:15162065575 or campaign:ID"
    )


def _scopes(found: LimitsInForce) -> set[str]:
    return {*found.rates, *found.caps, *found.holds, *(f"sender:{number}" for number in found.disabled)}


def _row(found: LimitsInForce, scope: str) -> dict[str, Any]:
    rate, cap, held = found.rates.get(scope), found.caps.get(scope), found.holds.get(scope, 0)
    return {
        "scope": scope,
        "rate": f"{rate.per_second:g}/s" if rate else None,
        "burst": round(rate.burst, 2) if rate else None,
        "set_by": ("operator" if rate.by_operator else "settings") if rate else None,
        "per_day": cap.most if cap else None,
        "zone": cap.zone if cap else None,
        "used": found.served.get(scope) if cap else None,
        "held_until": _iso(held) if 0 < held < NEVER_MS else None,
        "pace": round(found.paces.get(scope, 1.0), 3),
        "disabled": scope.removeprefix("sender:") in found.disabled,
    }


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
