"""`mms campaign test`: one row of a file, to a number of one's own."""

from __future__ import annotations

from typing import Annotated

import typer

from dispatcher.cli.shell import options
from dispatcher.cli.shell.chosen import choose
from dispatcher.cli.shell.context import hint_expansion, noted, open_ledger
from dispatcher.cli.shell.media_files import base_of, store_media
from dispatcher.cli.shell.mended_files import open_mended, say_mended
from dispatcher.cli.shell.options import File
from dispatcher.cli.shell.output import print_line
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
) -> None:
    """Send what one row of a file would get to your own number, and nothing else. Prints the id of that small campaign.

    Example: mms campaign test spring.csv --row 3 --to 15162065574
    """
    given = {"from": sender, "message": message, "media_urls": media, "to": column}
    ledger, config = open_ledger()
    chosen = choose(file, given, media_base=base_of(config))
    store_media(ledger, chosen.media_files)
    with open_mended(file) as source:
        roster = open_roster(
            source, filename=file.name, settings=chosen.settings, fixed=chosen.fixed, config=config
        )
        say_mended(file, len(roster.mends))
        campaign_id = send_test_message(ledger, roster, chosen.settings, config, row=row, to=to)
    noted(ledger, f"sent a test of row {row}", campaign_id)
    hint_expansion(campaign_id)
    print_line(campaign_id)
