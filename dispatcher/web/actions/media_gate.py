"""The media gate of the web process: what it found good it remembers, from a check to the submit after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from dispatcher.host.egress import WayOut, way_out
from dispatcher.media.gate import MediaGate
from dispatcher.media.resolver import AllowList
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import AskMedia, MediaFacts
from dispatcher.pipeline.campaigns.media_check import ask_for_media
from dispatcher.roster.opening import open_roster
from dispatcher.roster.roster import Roster
from dispatcher.settings import Settings
from dispatcher.web.http.reading_turns import reading_turn
from dispatcher.web.http.upload_form import Upload


@lru_cache(maxsize=4)
def _gate(allow: str, fictional_ok: bool, way: WayOut) -> MediaGate:
    return MediaGate(AllowList(allow), fictional_ok=fictional_ok, way=way)


def gate_of(config: Settings) -> MediaGate:
    """The one gate of these settings."""
    return _gate(config.media_allow, config.simulate, way_out(config))


def media_facts(
    config: Settings, upload: Upload, settings: CampaignSettings, fixed: frozenset[str], asks: AskMedia
) -> Mapping[str, MediaFacts]:
    """What is known of an upload's media, for the campaign that is made of it; it is rewound afterwards.

    Raises:
        FileRefused: the file as a whole cannot be used.
    """
    if not settings.media_check:
        return {}

    with reading_turn() as pulse:
        facts = ask_for_media(lambda: roster_of(config, upload, settings, fixed, pulse), asks).facts
    upload.source.seek(0)
    return facts


def roster_of(
    config: Settings,
    upload: Upload,
    settings: CampaignSettings,
    fixed: frozenset[str],
    pulse: Callable[[], None] = lambda: None,
) -> Roster:
    """An upload's rows, from the first; `pulse` see `Roster`.

    Raises:
        FileRefused: its head cannot be used.
    """
    upload.source.seek(0)
    return open_roster(
        upload.source, filename=upload.filename, settings=settings, fixed=fixed, config=config, pulse=pulse
    )
