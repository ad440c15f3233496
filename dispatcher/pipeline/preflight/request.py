"""What is asked of a preflight: a file's name, a campaign's settings, and what else is known where it is asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import AskMedia


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """One file to be checked as of `now`, under the settings that its campaign would have.

    `fixed` names the settings that came from options. With `every`, a calendar line, it is the first occurrence that is
    looked at. `opted_out` tells whether a number opted out; without it that stays unknown. `errors_to` receives every
    invalid row as a CSV that can be mended and submitted, `mendable_to` as they can be mended in place
    (`mendable_rows.MendableRows`). `ask_media` asks for media addresses when the settings want that. `chosen_before`
    see `Roster`. `pulse` is called now and then while the file is read; what it raises ends the reading.
    """

    filename: str
    settings: CampaignSettings
    now: dt.datetime
    fixed: frozenset[str] = frozenset()
    every: str | None = None
    opted_out: Callable[[str], bool] | None = None
    errors_to: TextIO | None = None
    mendable_to: TextIO | None = None
    ask_media: AskMedia | None = None
    chosen_before: Mapping[str, str] = field(default_factory=dict)
    pulse: Callable[[], None] = lambda: None
