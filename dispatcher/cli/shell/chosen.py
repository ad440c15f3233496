"""What a person chose for a campaign: options before the settings file before the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from dispatcher.cli.shell.media_files import addressed
from dispatcher.errors import InputError
from dispatcher.media.files import MediaFile
from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.campaigns.settings_file import load_settings_file, resolve_settings
from dispatcher.pipeline.preflight.recurrence import require_calendar

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
