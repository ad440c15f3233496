"""`mms find` and `mms forget`: one person, everywhere."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from dispatcher.cli.shell.context import noted, open_ledger
from dispatcher.cli.shell.options import AsJson
from dispatcher.cli.shell.output import counted, print_json, print_line, say
from dispatcher.cli.shell.tables import out
from dispatcher.errors import InputError
from dispatcher.model.timestamps import utc_text
from dispatcher.pipeline.consent.erasure_register import remember_erasure
from dispatcher.pipeline.consent.retention import forget
from dispatcher.pipeline.reports.recipients_by_number import Mention, mentions
from dispatcher.roster.numbers import read_number

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="In any usual writing.")]


def find_command(number: Number, as_json: AsJson = False) -> None:
    """Show everything that is known of one number: messages, opt-out, what they wrote.

    Example: mms find 15162065574
    """
    digits = read_number(number)
    ledger = open_ledger().ledger
    rows = [_fields(mention) for mention in mentions(ledger, digits)]
    opted = ledger.optouts.find([digits])[0]
    wrote = ledger.inbound.of_number(digits)
    if as_json:
        opt_out = opted and {"state": opted.state, "at": utc_text(opted.at_ms), "source": opted.source}
        inbound = [{"at": utc_text(each.at_ms), "text": each.text, "meaning": each.meaning} for each in wrote]
        print_json({"messages": rows, "opt_out": opt_out, "inbound": inbound})
        return
    print_line(
        f"opted {opted.state} since {utc_text(opted.at_ms)} ({opted.source})"
        if opted
        else "has not opted out"
    )
    table = Table(box=None, pad_edge=False)
    for heading in ("campaign", "row", "state", "reason", "claimed", "message_sid"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            *(str(row[name]) for name in ("campaign", "row", "state", "reason", "claimed_at", "message_sid"))
        )
    out().print(table if rows else "no campaign names this number")
    for each in wrote:
        print_line(f"{utc_text(each.at_ms)} wrote: {each.text} ({each.meaning})")


def forget_command(
    number: Number, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
) -> None:
    """Erase one person everywhere; an opt-out stays known.

    Their number, columns, texts and what they wrote go. What is not sent to them yet is not sent. CarrierX's own
    records are not touched.

    Example: mms forget 15162065574 --yes
    """
    digits = read_number(number)
    if not yes and not typer.confirm("Erase everything about this number? It cannot be undone.", err=True):
        raise InputError("nothing was erased", hint="say --yes")
    opened = open_ledger()
    ledger = opened.ledger
    try:
        remember_erasure(ledger, digits, opened.config)
    except InputError as error:
        say(f"note: {error.message}: {error.hint}")
    done = forget(ledger, digits, opened.config)
    rows, wrote = counted(done.rows, "row"), counted(done.inbound, "inbound message")
    noted(ledger, f"forgot a person: {rows}, {wrote}")
    print_line(f"{rows} and {wrote} erased")
    if done.waiting:
        named = ", ".join(done.waiting)
        say(
            f"note: these files may still name them: run this again when they are read, or discard them: {named}"
        )


def _fields(mention: Mention) -> dict[str, Any]:
    state = mention.state
    return {
        "campaign": mention.campaign,
        "row": mention.row,
        "line": mention.line,
        "state": state.state.value,
        "reason": mention.reason,
        "message_sid": mention.sid,
        "attempts": state.attempt,
        "claimed_at": utc_text(state.claimed_ms) if state.claimed_ms else "",
        "final_at": utc_text(state.final_ms) if state.final_ms else "",
    }
