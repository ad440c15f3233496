"""Pictures that come with a campaign's form: stored here, and named by the address at which we serve them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from starlette.datastructures import FormData, UploadFile

from dispatcher.media.files import make_media_file, media_address, media_base
from dispatcher.model.media import MEDIA_BYTES_MAX, MediaFacts
from dispatcher.web.actions.media_gate import gate_of
from dispatcher.web.site.site import Site

#: So many files a form may have beside the campaign file: what one message carries.
MOST = 10
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
    """The hash of a medium that is stored here under this address; None: it is somewhere else."""
    found = _ADDRESS.fullmatch(url)
    if found is None or found["base"] != base_of(site) or site.ledger.media.find(found["hash"]) is None:
        return None
    return found["hash"]


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
