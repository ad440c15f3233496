"""The media of a campaign: asked for once before it starts, kept stored while it lives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from dispatcher.ledger.ledger import Ledger
from dispatcher.model.media import MEDIA_ASKED_MAX, AskMedia, MediaFacts
from dispatcher.roster.roster import Roster


class MediaAnswers(NamedTuple):
    """What is known of a campaign's media, and whether that is all of them."""

    facts: Mapping[str, MediaFacts]
    complete: bool


NO_MEDIA_ASKED = MediaAnswers({}, True)


def ask_for_media(open_roster: Callable[[], Roster], ask: AskMedia) -> MediaAnswers:
    """Find the different media addresses of a campaign, the first 1,000, and ask for them.

    Raises:
        FileRefused: the file as a whole cannot be used.
    """
    distinct = _distinct(open_roster().media_addresses())
    urls = list(islice(distinct, MEDIA_ASKED_MAX))
    more = next(distinct, None) is not None
    facts = ask(urls) if urls else {}
    return MediaAnswers(facts, not more and all(url in facts for url in urls))


def _distinct(urls: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for url in urls:
        if url not in seen:
            seen.add(url)
            yield url


def release_media(ledger: Ledger) -> int:
    """Let stored media lapse whose campaigns are all settled; answers how many."""
    return sum(map(ledger.media.release, ledger.media.stored()))
