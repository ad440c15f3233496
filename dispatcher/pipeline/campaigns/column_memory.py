"""Which column a person chose for a file, kept for the check of the next file with the same headings."""

from __future__ import annotations

from collections.abc import Sequence

from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.roster.columns import Headings


def remember_column(
    ledger: Ledger, headings: Sequence[str], settings: CampaignSettings, fixed: frozenset[str]
) -> None:
    """Remember the column if a person named it, as an option or an answer."""
    if settings.to is not None and "to" in fixed:
        ledger.chosen_columns.remember(Headings(headings, line=1).hash, settings.to)
