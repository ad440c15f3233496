"""`mms replicas …`: how many replicas of the store there should be."""

from __future__ import annotations

from typing import Annotated

import typer

from dispatcher.cli.shell.context import noted, open_ledger
from dispatcher.cli.shell.options import AsJson
from dispatcher.cli.shell.output import print_json, print_line
from dispatcher.errors import InputError
from dispatcher.ledger.store.replicas import ALL

#: More replicas than anybody has.
_MOST = 100
_WORDS = {"majority": 0, "all": ALL}

app = typer.Typer(
    no_args_is_help=True, help="Replicas of the store: how many there should be, and must confirm a claim."
)


@app.command("show")
def show_command(as_json: AsJson = False) -> None:
    """Show how many replicas there should be, and how many there are.

    Example: mms replicas show
    """
    standing = open_ledger().ledger.readiness.replicas()
    expected, attached, least, _ = standing
    if as_json:
        print_json({"expected": expected, "attached": attached, "confirm": least})
        return
    must = f"; a claim must be on the disks of {least} at least" if expected else ""
    print_line(f"{attached} of {expected} replicas are there{must}")


@app.command("expect")
def expect_command(
    replicas: Annotated[
        int, typer.Argument(metavar="NUMBER", min=0, max=_MOST, help="So many there should be.")
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


@app.command("confirm")
def confirm_command(
    replicas: Annotated[
        str, typer.Argument(metavar="NUMBER", help="So many, `majority` (unless told), or `all`.")
    ],
) -> None:
    """Say how many replicas must have a claim on disk, whichever are away; a majority of all servers in any case.

    With `all` nothing is sent while one is away. With fewer sending goes on without it after a few seconds.

    Example: mms replicas confirm all
    """
    ledger = open_ledger().ledger
    ledger.readiness.confirm(_number(replicas))
    noted(ledger, f"said that {replicas} replicas must confirm a claim")
    least = ledger.readiness.replicas().least
    print_line(f"a claim must be on the disks of {least} replicas at least; claims obey within a minute")


def _number(said: str) -> int:
    if said in _WORDS:
        return _WORDS[said]
    if said.isdecimal() and int(said) <= _MOST:
        return int(said)
    raise InputError(f"{said!r} is no number of replicas", hint="say a number, `majority`, or `all`")
