"""A campaign file is opened in one way, whoever reads it: submit, expansion, a schedule, a test message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import BinaryIO

from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import MediaFacts
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
    pulse: Callable[[], None] = lambda: None,
) -> Roster:
    """The file's rows, within the installation's bounds. `media` is what was found about media addresses, `pulse` see
    `Roster`.

    Fictional numbers (555-0100…0199) can be sent to in a simulated ledger, and only there.

    Raises:
        FileRefused: its head cannot be used.
    """
    return Roster(
        source,
        filename=filename,
        settings=settings,
        fixed=fixed,
        fictional_ok=config.simulate,
        max_bytes=config.max_file_mb << 20,
        max_rows=config.max_rows,
        media=media,
        pulse=pulse,
    )
