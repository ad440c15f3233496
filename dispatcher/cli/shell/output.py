"""How the command speaks: data to standard output, words to standard error, JSON when asked. Drawn by `tables`."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatcher.control_characters import escape_control_characters, strip_control_characters

if TYPE_CHECKING:  # who says a word need not load what a campaign is made of
    from dispatcher.model.campaign import Campaign


def say(text: str) -> None:
    """A line for the person, beside the data."""
    print(strip_control_characters(text), file=sys.stderr, flush=True)  # noqa: T201 - this is the one place that prints


def print_json(data: Any) -> None:
    """One JSON document on standard output."""
    print(escape_control_characters(json.dumps(data, indent=2, default=str)), flush=True)  # noqa: T201


def print_line(text: str) -> None:
    """One plain line on standard output."""
    print(strip_control_characters(text), flush=True)  # noqa: T201


def campaign_json(campaign: Campaign) -> dict[str, Any]:
    """A campaign as the contract names its fields."""
    return campaign.model_dump(mode="json", exclude={"settings"})


def counted(count: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def mms(folder: Path | None = None) -> str:
    """`mms` if the shell finds ours by that name, else its path, seen from `folder` (default: here)."""
    ours = Path(sys.executable).with_name("mms")
    found = shutil.which("mms")
    if found is not None and os.path.realpath(found) == os.path.realpath(ours):
        return "mms"
    base = folder or Path.cwd()
    return str(ours.relative_to(base) if ours.is_relative_to(base) else ours)
