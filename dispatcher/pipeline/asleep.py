"""Settings that are taken and kept, but do not act yet: every door says so, in the same words."""

from __future__ import annotations

from dispatcher.model.campaign import CampaignSettings


def not_in_force(settings: CampaignSettings) -> list[str]:
    """One sentence for each such setting of this campaign."""
    asleep = {
        f"--quiet-hours {settings.quiet_hours}": settings.quiet_hours != "off",
    }
    return [
        f"{name} is not in force yet: this version does not act on it"
        for name, used in asleep.items()
        if used
    ]
