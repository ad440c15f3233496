"""`mms campaign test`: one row of a file, to a number of one's own."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dispatcher.cli.campaign._questions import with_answers
from dispatcher.cli.shell import options
from dispatcher.cli.shell.chosen import Chosen, choose
from dispatcher.cli.shell.context import hint_expansion, noted, open_ledger
from dispatcher.cli.shell.media_files import base_of, store_media
from dispatcher.cli.shell.mended_files import open_mended, say_mended
from dispatcher.cli.shell.options import File
from dispatcher.cli.shell.output import print_line
from dispatcher.errors import FileRefused
from dispatcher.pipeline.campaigns.one_off import send_test_message
from dispatcher.roster.opening import open_roster


def try_command(
    file: File,
    row: Annotated[int, typer.Option("--row", min=1, help="The row of the file; they count from 1.")],
    to: Annotated[str, typer.Option("--to", metavar="NUMBER", help="Your own number.")],
    sender: options.From = None,
    message: options.MessageText = None,
    media: options.Media = None,
    column: Annotated[
        str | None,
        typer.Option("--column", metavar="COLUMN", help="The recipients' column, which is --to elsewhere."),
    ] = None,
    consent: options.Consent = None,
    sheet: options.Sheet = None,
    hidden_rows: options.HiddenRows = False,
    encoding: options.Encoding = None,
) -> None:
    """Send what one row of a file would get to your own number, and nothing else. Prints the id of that small campaign.

    The file is read as `mms campaign check` reads it.

    Example: mms campaign test spring.csv --row 3 --to 15162065574
    """
    given: dict[str, Any] = {
        "from": sender,
        "message": message,
        "media_urls": media,
        "to": column,
        "consent": consent,
    }
    given |= {"sheet": sheet, "hidden_rows": hidden_rows, "encoding": encoding}
    ledger, config = open_ledger()
    chosen = choose(file, given, media_base=base_of(config))
    store_media(ledger, chosen.media_files)

    def sent(known: Chosen) -> str:
        with open_mended(file) as source:
            roster = open_roster(
                source,
                filename=file.name,
                settings=known.settings,
                fixed=known.fixed,
                config=config,
                chosen_before=ledger.chosen_columns.all(),
            )
            say_mended(file, len(roster.mends))
            return send_test_message(ledger, roster, known.settings, config, row=row, to=to)

    try:
        campaign_id, _ = with_answers(sent, chosen)
    except FileRefused as refusal:  # here `--to` is a number of one's own
        refusal.hint = refusal.hint.replace("--to COLUMN", "--column COLUMN")
        raise
    noted(ledger, f"sent a test of row {row}", campaign_id)
    hint_expansion(campaign_id)
    print_line(campaign_id)
