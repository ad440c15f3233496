"""Settings that are taken and kept, but do not act yet: every door says so, in the same words. At present, none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dispatcher.model.campaign import CampaignSettings

#: What the setting is called → whether a campaign uses it.
ASLEEP: Mapping[str, Callable[[CampaignSettings], bool]] = {}


def not_in_force(settings: CampaignSettings) -> list[str]:
    """One sentence for each such setting of this campaign."""
    return [
        f"{name} is not in force yet: this version does not act on it"
        for name, used in ASLEEP.items()
        if used(settings)
    ]
