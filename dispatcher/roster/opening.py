"""A campaign file is opened as this installation allows it, and gone through for consent first where that is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import BinaryIO

from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import MediaFacts
from dispatcher.model.reading_rules import READING_RULES
from dispatcher.roster._first_rules import as_first_checked, is_by_first_rules
from dispatcher.roster.consent_survey import ConsentSurvey
from dispatcher.roster.roster import Roster
from dispatcher.settings import Settings


def open_roster(
    source: BinaryIO,
    *,
    filename: str,
    settings: CampaignSettings,
    fixed: frozenset[str],
    config: Settings,
    media: Mapping[str, MediaFacts] | None = None,
    chosen_before: Mapping[str, str] | None = None,
    kept: bool = False,
    rules: int = READING_RULES,
    survey: ConsentSurvey | None = None,
    pulse: Callable[[], None] = lambda: None,
) -> Roster:
    """The file's rows, within the installation's bounds. `media`, `chosen_before`, `kept`, `survey` and `pulse` see
    `Roster`. A kept file is read by the `rules` by which it was checked.

    Fictional numbers (555-0100…0199) can be sent to in a simulated ledger, and only there.

    Raises:
        FileRefused: its head cannot be used.
    """
    by_first_rules = kept and is_by_first_rules(rules, settings)
    return Roster(
        source,
        filename=filename,
        settings=as_first_checked(settings) if by_first_rules else settings,
        fixed=fixed,
        fictional_ok=config.simulate,
        regions=config.allowed_regions,
        area_codes_extra=config.area_codes_extra,
        max_bytes=config.max_file_mb << 20,
        max_rows=config.max_rows,
        media=media,
        chosen_before=chosen_before,
        kept=kept,
        by_first_rules=by_first_rules,
        survey=survey,
        pulse=pulse,
    )


def surveyed_roster(reopen: Callable[[ConsentSurvey | None], Roster], *, telling: bool = False) -> Roster:
    """The rows of a file of which it is known beforehand who says no in any of them. `reopen` gives its roster from the
    beginning, with what is known so far. `telling`: what the file says of consent is to be told in any case."""
    roster = reopen(None)
    wanted = roster.consent.is_there if telling else roster.consent.is_asked
    return reopen(roster.surveyed()) if wanted else roster
