"""Pictures that come with a campaign's form: stored here, and named by the address at which we serve them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial

from starlette.datastructures import FormData, UploadFile

from dispatcher.host.egress import Egress, egress_of
from dispatcher.media.files import make_media_file, media_address, media_base
from dispatcher.media.gate import MediaGate
from dispatcher.media.resolver import AllowList
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import MEDIA_BYTES_MAX, MediaFacts
from dispatcher.pipeline.campaigns.media_check import ask_for_media
from dispatcher.roster.opening import open_roster
from dispatcher.roster.roster import Roster
from dispatcher.settings import Settings
from dispatcher.web.http.reading_turns import reading_turn
from dispatcher.web.http.upload_form import Upload
from dispatcher.web.site.site import Site

#: So many files a form may have beside the campaign file: what one message carries.
MOST = 10
_LOOPBACK = re.compile(r"http://127\.0\.0\.1:\d{1,5}")
_ADDRESS = re.compile(r"(?P<base>.+)/media/(?P<hash>[0-9a-f]{64})")


def base_of(site: Site) -> str | None:
    """Where the world reaches us; a simulated world is on this machine."""
    config = site.settings
    return media_base(config.public_url, config.web_port, simulate=config.simulate)


def take_media(site: Site, form: FormData) -> list[str]:
    """Store the form's media, each of which lives for a day and then for as long as a campaign needs it; answers their
    addresses.

    Raises:
        InputError: one is no medium, too large, or the world cannot reach us.
    """
    addresses = []
    for part in form.getlist("media"):
        if isinstance(part, UploadFile) and part.filename:
            medium = make_media_file(part.file.read(MEDIA_BYTES_MAX + 1), part.filename[:100])
            addresses.append(media_address(base_of(site), medium.hash))
            site.ledger.media.store(medium.hash, medium.kind, medium.content)
    return addresses


def own_hash(site: Site, url: str) -> str | None:
    """The hash of a medium that is stored here under this address, at whichever of our web processes; None: it is
    somewhere else."""
    found = _ADDRESS.fullmatch(url)
    if found is None or not _is_ours(site, found["base"]) or site.ledger.media.find(found["hash"]) is None:
        return None
    return found["hash"]


def _is_ours(site: Site, base: str) -> bool:
    """In a simulation without a public address each web process has the address of its port."""
    here = site.settings.simulate and site.settings.public_url is None and _LOOPBACK.fullmatch(base)
    return base == base_of(site) or bool(here)


def own_hashes(site: Site, urls: Iterable[str]) -> list[str]:
    """The hashes of those that are stored here."""
    return [own for url in urls if (own := own_hash(site, url)) is not None]


def asks_about(site: Site, urls: Sequence[str]) -> dict[str, MediaFacts]:
    """What is known of these media: ours are looked up, the others asked for."""
    facts: dict[str, MediaFacts] = {}
    for url in urls:
        own = own_hash(site, url)
        medium = site.ledger.media.find(own) if own else None
        if medium is not None:
            facts[url] = MediaFacts(medium.size, medium.kind)
    rest = [url for url in urls if url not in facts]
    return facts | (gate_of(site.settings)(rest) if rest else {})


@lru_cache(maxsize=4)
def _gate(allow: str, fictional_ok: bool, egress: Egress) -> MediaGate:
    return MediaGate(AllowList(allow), fictional_ok=fictional_ok, egress=egress)


def gate_of(config: Settings) -> MediaGate:
    """The one gate of these settings."""
    return _gate(config.media_allow, config.simulate, egress_of(config))


def media_facts(
    site: Site, upload: Upload, settings: CampaignSettings, fixed: frozenset[str]
) -> Mapping[str, MediaFacts]:
    """What is known of an upload's media, for the campaign that is made of it; it is rewound afterwards.

    Raises:
        FileRefused: the file as a whole cannot be used.
    """
    if not settings.media_check:
        return {}

    with reading_turn(site.closing) as pulse:
        asked = ask_for_media(
            lambda: roster_of(site.settings, upload, settings, fixed, pulse), partial(asks_about, site)
        )
    upload.source.seek(0)
    return asked.facts


def roster_of(
    config: Settings,
    upload: Upload,
    settings: CampaignSettings,
    fixed: frozenset[str],
    pulse: Callable[[], None] = lambda: None,
    *,
    chosen_before: Mapping[str, str] | None = None,
) -> Roster:
    """An upload's rows, from the first; `pulse` and `chosen_before` see `Roster`.

    Raises:
        FileRefused: its head cannot be used.
    """
    upload.source.seek(0)
    return open_roster(
        upload.source,
        filename=upload.filename,
        settings=settings,
        fixed=fixed,
        config=config,
        chosen_before=chosen_before,
        pulse=pulse,
    )
