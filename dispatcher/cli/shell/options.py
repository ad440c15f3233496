"""The options of `submit` and `check`: the same names as in the settings file (NAME.toml beside it) and in the API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dispatcher.cli.shell.piped_files import list_readable_again

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="The campaign file: CSV or a workbook (.xlsx, .xls, .ods), also packed (.gz, .zip); - is standard input.",
        callback=list_readable_again,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CampaignId = Annotated[
    str, typer.Argument(metavar="ID", help="The campaign's id; `mms campaign list` shows it.")
]

Name = Annotated[str | None, typer.Option("--name", help="What people call it; default: the file's name.")]
From = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="NUMBER", help="Sending number; repeat it for a pool."),
]
MessageText = Annotated[
    str | None,
    typer.Option("--message", metavar="TEXT", help="The text, with {{merge_fields|and defaults}}."),
]
Media = Annotated[
    list[str] | None,
    typer.Option("--media", metavar="URL-or-FILE", help="Picture, video or sound; repeatable."),
]
GroupSize = Annotated[
    int | None, typer.Option("--group-size", metavar="N", help="Group MMS of N consecutive rows (2 to 9).")
]
GroupBy = Annotated[
    str | None,
    typer.Option("--group-by", metavar="COLUMN", help="Group MMS of the rows with one value there."),
]
RateOption = Annotated[
    str | None, typer.Option("--rate", help="This campaign's own limit, like 20/s or 600/m.")
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="Start then: 2026-12-01T10:00-05:00, '2026-12-01 10:00 Zone/City' or '2026-12-01 10:00 recipient'.",
    ),
]
ExpiresAfter = Annotated[
    str | None,
    typer.Option("--expires-after", metavar="TIME", help="Unsent rows end so long after the start."),
]
QuietHours = Annotated[str | None, typer.Option("--quiet-hours", help="off, federal or us-strict (default).")]
MaxCost = Annotated[str | None, typer.Option("--max-cost", metavar="DOLLARS", help="Never spend more.")]
Priority = Annotated[str | None, typer.Option("--priority", help="normal or urgent.")]
OnUnconfirmed = Annotated[
    str | None, typer.Option("--on-unconfirmed", help="lookup (default), or hold for a person.")
]
NoMediaCheck = Annotated[
    bool, typer.Option("--no-media-check", help="Do not ask whether the media are there.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Any invalid row refuses the whole file.")]
Every = Annotated[
    str | None,
    typer.Option(
        "--every", metavar="WHEN", help="Again and again: 'mon 09:00 America/New_York' or a cron line."
    ),
]
RunLateWithin = Annotated[
    str | None,
    typer.Option(
        "--run-late-within", metavar="TIME", help="With --every: start so late at most (1h); 0s: skip."
    ),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="COLUMN", help="The recipients' column; default: found out, or asked."),
]
Consent = Annotated[
    str | None,
    typer.Option(
        "--consent",
        metavar="COLUMN",
        help="The column that says who wants texts, commas between several; default: found out.",
    ),
]
OnNoConsent = Annotated[
    str | None, typer.Option("--on-no-consent", help="A row that says no there: skip (default) or send.")
]
Sheet = Annotated[
    str | None,
    typer.Option("--sheet", metavar="NAME", help="The workbook's sheet; default: the one with recipients."),
]
HiddenRows = Annotated[bool, typer.Option("--hidden-rows", help="Send to a workbook's hidden rows, too.")]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", metavar="NAME", help="The file's encoding; default: found out, or asked."),
]
SmartEncoding = Annotated[
    bool, typer.Option("--smart-encoding", help="Write curly quotes, dashes and odd spaces plainly.")
]
UnknownAreaCodes = Annotated[
    str | None,
    typer.Option("--unknown-area-codes", help="Area codes that nobody knows yet: refuse (default) or send."),
]
AllowSameFile = Annotated[bool, typer.Option("--allow-same-file", help="Send the same file again.")]
