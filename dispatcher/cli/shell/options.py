"""The options of `submit` and `check`: the same names as in the settings file (NAME.toml beside it) and in the API."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

import typer

from dispatcher.cli.shell.media_files import addressed
from dispatcher.errors import InputError
from dispatcher.media.files import MediaFile
from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.campaigns.settings_file import load_settings_file, resolve_settings
from dispatcher.pipeline.schedules.recurring import require_calendar

File = Annotated[Path, typer.Argument(metavar="FILE", help="The campaign file: CSV, .csv.gz or .xlsx.")]
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
AllowSameFile = Annotated[bool, typer.Option("--allow-same-file", help="Send the same file again.")]


#: What `submit` takes beside a campaign's settings, and the settings file too: a calendar line, and patience.
CALENDAR = ("every", "run_late_within")


class Chosen(NamedTuple):
    """A campaign's settings, which of them came from options, and the local media that they name, by address. With
    `every` it is a recurring broadcast."""

    settings: CampaignSettings
    fixed: frozenset[str]
    media_files: Mapping[str, MediaFile] = MappingProxyType({})
    every: str | None = None
    run_late_within: str | None = None


def choose(
    file: Path,
    options: Mapping[str, Any],
    *,
    media_base: str | None = None,
    calendar: Mapping[str, str | None] = MappingProxyType({}),
) -> Chosen:
    """Options outrank the settings file, and that the defaults; the name defaults to the file's.

    Media that are files are found from the working folder, those of the settings file beside it; the world finds them
    under `media_base`.

    Raises:
        InputError: an option or a key of the settings file is wrong, or a medium cannot be used.
    """
    given = {name: value for name, value in options.items() if value not in (None, False, [], ())}
    if given.pop("no_media_check", False):
        given["media_check"] = False
    in_file = load_settings_file(file, other_keys=CALENDAR)
    recurring = _calendar(calendar, in_file)
    if "name" not in given and "name" not in in_file:
        in_file = {**in_file, "name": file.name.split(".")[0] or file.name}
    media_files: dict[str, MediaFile] = {}
    if "media_urls" in given:
        given["media_urls"] = addressed(given["media_urls"], Path(), media_base, media_files)
    elif "media_urls" in in_file:
        urls = addressed(in_file["media_urls"], file.parent, media_base, media_files)
        in_file = {**in_file, "media_urls": urls}
    return Chosen(*resolve_settings(given, in_file), media_files, *recurring)


def _calendar(given: Mapping[str, str | None], in_file: dict[str, Any]) -> tuple[str | None, str | None]:
    """The calendar line and the patience, option before settings file, out of which they are taken."""
    found = []
    for name in CALENDAR:
        value = in_file.pop(name, None)
        if value is not None and not isinstance(value, str):
            raise InputError(f"{name}: must be a text", hint="see docs/schedules.md")
        found.append(given.get(name) or value)
    require_calendar(*found)
    return found[0], found[1]
