"""`mms inbound …`: what people sent to our numbers."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table

from dispatcher.cli.shell.context import noted, open_ledger
from dispatcher.cli.shell.options import AsJson
from dispatcher.cli.shell.output import print_json, print_line, say
from dispatcher.cli.shell.tables import out
from dispatcher.model.timestamps import utc_text
from dispatcher.pipeline.consent.optouts import decide

app = typer.Typer(no_args_is_help=True, help="What people sent to our numbers.")


class InboundDecision(StrEnum):
    """What a person makes of a doubtful message."""

    STOP = "stop"
    IGNORE = "ignore"


@app.command("list")
def list_command(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    doubtful: Annotated[
        bool, typer.Option("--doubtful", help="Only those that may be an opt-out: a person decides.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show inbound messages, the newest first; the newest 10,000 are kept.

    Example: mms inbound list --doubtful
    """
    inbound = open_ledger().ledger.inbound
    messages = inbound.needing_review(limit) if doubtful else inbound.newest(limit)
    if as_json:
        print_json([{"at": utc_text(message.at_ms), **asdict(message)} for message in messages])
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("received", "from", "to", "meaning", "text", "sid"):
        table.add_column(heading, overflow="fold")
    for message in messages:
        text = message.text or ", ".join(message.media)
        cells = (utc_text(message.at_ms), message.sender, message.to, message.meaning, text, message.sid)
        table.add_row(*cells)
    out().print(table if messages else "nothing came in")
    waiting = inbound.review_count()
    if waiting and not doubtful:
        say(f"note: {waiting} may be an opt-out and wait for a person: mms inbound list --doubtful")


@app.command("decide")
def decide_command(
    sid: Annotated[str, typer.Argument(metavar="SID", help="The doubtful message.")],
    decision: Annotated[InboundDecision, typer.Argument(help="stop: it is an opt-out; ignore: it is not.")],
) -> None:
    """Say what a doubtful message means.

    Example: mms inbound decide 097b49df-c54e-4eaf-97d0-89cf7d5a655b stop
    """
    ledger, stop = open_ledger().ledger, decision is InboundDecision.STOP
    decide(ledger, sid, stop=stop)
    noted(ledger, f"decided that a message is {'an' if stop else 'no'} opt-out")
    print_line(f"{sid} {decision.value}")
