"""The values of the console's form that give a campaign's settings, for a draft that is opened again."""

from __future__ import annotations

import re

from dispatcher.model.campaign import CampaignSettings

#: What stands for each recipient's own clock where a zone stands.
OWN_CLOCK = "recipient"
ZONES = {
    "America/New_York": "Eastern (New York)",
    "America/Chicago": "Central (Chicago)",
    "America/Denver": "Mountain (Denver)",
    "America/Phoenix": "Arizona (Phoenix)",
    "America/Los_Angeles": "Pacific (Los Angeles)",
    "America/Anchorage": "Alaska (Anchorage)",
    "Pacific/Honolulu": "Hawaii (Honolulu)",
    "America/Halifax": "Atlantic (Halifax)",
    "America/St_Johns": "Newfoundland (St. John’s)",
    "UTC": "UTC",
    OWN_CLOCK: "Each recipient’s own clock",
}
_AS_WRITTEN = (
    "message",
    "group_size",
    "group_by",
    "rate",
    "expires_after",
    "max_cost",
    "on_no_consent",
    "unknown_area_codes",
)
#: What is found out of a file where nobody says it, and found out again of the file that is sent.
OF_THE_FILE = ("to", "consent", "sheet", "encoding")
_AT = re.compile(r"(\S+?)[T ](\S+) (\S+)")


def form_values_of(settings: CampaignSettings, fixed: frozenset[str]) -> dict[str, str]:
    """The form's fields that give these settings, of which somebody said those in `fixed`; guesses are none of them."""
    values = {
        "name": settings.name,
        "from": ", ".join(settings.senders),
        "media_urls": "\n".join(settings.media_urls),
        "quiet_hours": settings.quiet_hours,
        "priority": settings.priority,
        "on_unconfirmed": settings.on_unconfirmed,
    }
    for name in (*_AS_WRITTEN, *(name for name in OF_THE_FILE if name in fixed)):
        value = getattr(settings, name)
        values[name] = "" if value is None else str(value)
    for name in ("strict", "allow_same_file", "hidden_rows", "smart_encoding"):
        values[name] = "yes" if getattr(settings, name) else ""
    start = _AT.fullmatch(settings.at or "")
    if start and start[3] in ZONES:
        values |= {"at_local": f"{start[1]}T{start[2]}", "at_zone": start[3]}
    return values
