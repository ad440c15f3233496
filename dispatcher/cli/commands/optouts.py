"""`mms optout …`: who wants no messages."""

from __future__ import annotations

import sys
from heapq import nlargest
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from dispatcher.cli.shell.context import noted, open_file, open_ledger
from dispatcher.cli.shell.options import AsJson
from dispatcher.cli.shell.output import print_json, print_line, say
from dispatcher.cli.shell.piped_files import readable_again
from dispatcher.cli.shell.tables import out
from dispatcher.errors import InputError
from dispatcher.ledger.consent.optouts import State
from dispatcher.model.timestamps import utc_text
from dispatcher.pipeline.consent.optout_csv import write_opt_outs
from dispatcher.pipeline.consent.optouts import import_list, put_numbers

app = typer.Typer(no_args_is_help=True, help="Who wants no messages. Every send looks here first.")

Numbers = Annotated[list[str], typer.Argument(metavar="NUMBER...", help="In any usual writing.")]
Source = Annotated[str, typer.Option("--source", help="How you know; kept with the entry.")]

_BAD_LINES_SHOWN = 10


@app.command("add")
def add_command(numbers: Numbers, source: Source = "operator") -> None:
    """Send nothing to these numbers from now on.

    Example: mms optout add 15162065574 --source 'by telephone'
    """
    _put(numbers, "out", source)


@app.command("remove")
def remove_command(numbers: Numbers, source: Source = "operator") -> None:
    """Let these numbers get messages again; only when they asked for it.

    Example: mms optout remove 15162065574 --source 'written consent of May 3'
    """
    _put(numbers, "in", source)


@app.command("list")
def list_command(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    everything: Annotated[bool, typer.Option("--all", help="Those that came back, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the newest opt-outs.

    Example: mms optout list --limit 20
    """
    entries = (entry for entry in open_ledger().ledger.optouts.all() if everything or entry.state == "out")
    newest = nlargest(limit, set(entries), key=lambda entry: entry.at_ms)
    if as_json:
        print_json(
            [
                {"number": one.number, "state": one.state, "at": utc_text(one.at_ms), "source": one.source}
                for one in newest
            ]
        )
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("number", "state", "since", "source"):
        table.add_column(heading, overflow="fold")
    for entry in newest:
        table.add_row(entry.number, entry.state, utc_text(entry.at_ms), entry.source)
    out().print(table if newest else "nobody has opted out")


@app.command("import")
def import_command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CSV, workbook (.xlsx, .xls, .ods), or a plain list of numbers; - is standard input.",
            callback=readable_again,
        ),
    ],
) -> None:
    """Read a list, ours or another system's: .csv, a workbook, or a plain list of numbers, one on each line.

    Columns: `number`, and if there are such columns `state` (out, in), `source` and `at`, or what other systems call
    them. It tells how many entries were read, known already, changed and not usable; a word of consent that nobody
    knows counts as an opt-out and is named; a date that cannot be read takes none away. The newest entry of a number
    wins, so the same list may be imported again. Exit status 1 if a line is not usable.

    Example: mms optout import suppressed.csv
    """
    ledger, config = open_ledger()
    with open_file(file) as source:
        done = import_list(ledger, source, max_bytes=config.max_file_mb << 20)
    noted(ledger, f"imported {done.read} opt-outs, {done.changed} changed")
    print_line(f"{done.read} read, {done.changed} changed, {done.unusable} not usable")
    if done.known:
        say(f"{done.known} of those read were known already")
    if done.subscribed:
        say(f"{done.subscribed} lines say that their number is subscribed: they change nothing")
    for word, count in done.words.items():
        say(f"{count} {'line' if count == 1 else 'lines'} with `{word}` counted as opted out")
    for line in done.remarks[:_BAD_LINES_SHOWN]:
        say(f"line {line.line}: {line.problem}")
    if done.remarked > _BAD_LINES_SHOWN:
        say(f"and {done.remarked - _BAD_LINES_SHOWN} more lines like these")
    for line in done.lines[:_BAD_LINES_SHOWN]:
        say(f"line {line.line}: {line.problem}")
    if done.unusable:
        raise typer.Exit(1)


@app.command("export")
def export_command(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Default: standard output.")
    ] = None,
) -> None:
    """Write the whole list as CSV, with source and time of each entry, those that came back too.

    Example: mms optout export -o suppressed.csv
    """
    entries = open_ledger().ledger.optouts.all()
    if output is None:
        write_opt_outs(entries, sys.stdout)
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            count = write_opt_outs(entries, file)
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}", hint="choose another") from None
    say(f"{count} entries written to {output}")


def _put(numbers: list[str], state: State, source: str) -> None:
    ledger = open_ledger().ledger
    changed = put_numbers(ledger, numbers, state, source)
    noted(ledger, f"{'opted out' if state == 'out' else 'let back in'}: {changed} of {len(numbers)} numbers")
    print_line(f"{changed} of {len(numbers)} changed")
