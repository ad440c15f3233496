"""The media gate: asks for a campaign's media addresses, each once, a few at a time."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from dispatcher.host.egress import DIRECT, Egress
from dispatcher.media._probe import SECONDS_MAX, ask
from dispatcher.media.resolver import AllowList
from dispatcher.model.media import MediaFacts

AT_ONCE = 8
#: A whole campaign's media are asked for no longer than this; what was not asked by then is left open.
CAMPAIGN_SECONDS = 120.0
#: A good answer is remembered for this long: from a check to the submit that follows it.
REMEMBERED_SECONDS = 600.0

#: Reserved by RFC 2606: nobody has them.
_FICTIONAL = re.compile(r"(?:.*\.)?(?:example\.(?:com|net|org)|example|test|invalid)\.?")


def is_example_host(url: str) -> bool:
    """Whether the address is of a host that is reserved for examples."""
    return bool(_FICTIONAL.fullmatch(urlsplit(url).hostname or ""))


class MediaGate:
    """Call it with addresses: it answers what is known of each. An address that there was no time for is missing.

    `known` are facts that need no asking, such as those of files that are about to be stored. With `fictional_ok`
    hosts that are reserved for examples (example.com, *.example, *.test, …) are taken for good without asking.
    """

    def __init__(
        self,
        allow: AllowList,
        *,
        known: Mapping[str, MediaFacts] | None = None,
        fictional_ok: bool = False,
        egress: Egress = DIRECT,
        seconds: float = SECONDS_MAX,
        campaign_seconds: float = CAMPAIGN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allow = allow
        self._egress = egress
        self._known = dict(known or {})
        self._fictional_ok = fictional_ok
        self._seconds = seconds
        self._campaign_seconds = campaign_seconds
        self._clock = clock
        self._good: dict[str, tuple[float, MediaFacts]] = {}
        self._lock = threading.Lock()

    def __call__(self, urls: Sequence[str]) -> dict[str, MediaFacts]:
        """Ask for those that are not known yet; takes `campaign_seconds` and one address's time at most."""
        facts = self._remembered(urls)
        unknown = [url for url in dict.fromkeys(urls) if url not in facts]
        if unknown:
            until = self._clock() + self._campaign_seconds
            with ThreadPoolExecutor(min(AT_ONCE, len(unknown)), thread_name_prefix="media") as pool:
                answers = list(pool.map(lambda url: self._asked(url, until), unknown))
            fresh = {url: answer for url, answer in zip(unknown, answers, strict=True) if answer is not None}
            self._remember(fresh)
            facts |= fresh
        return facts

    def _asked(self, url: str, until: float) -> MediaFacts | None:
        return (
            ask(url, self._allow, seconds=self._seconds, egress=self._egress)
            if self._clock() < until
            else None
        )

    def _remembered(self, urls: Sequence[str]) -> dict[str, MediaFacts]:
        now = self._clock()
        with self._lock:
            self._good = {url: kept for url, kept in self._good.items() if kept[0] > now}
            good = {url: self._good[url][1] for url in urls if url in self._good}
        if self._fictional_ok:
            good |= {url: MediaFacts() for url in urls if is_example_host(url)}
        return good | {url: self._known[url] for url in urls if url in self._known}

    def _remember(self, fresh: Mapping[str, MediaFacts]) -> None:
        """Only what can be sent: what cannot is asked again, since somebody may have mended it."""
        until = self._clock() + REMEMBERED_SECONDS
        with self._lock:
            self._good |= {url: (until, facts) for url, facts in fresh.items() if not facts.invalid_code}
