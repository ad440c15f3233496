"""How campaigns come along: their pace over time, and what CarrierX said by sender and by carrier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import Scripts
from dispatcher.model.state import CODE_STATE, RecipientState

#: A campaign's line over time has at most so many points; it gets coarser as the campaign gets longer.
POINTS = 160


class Point(NamedTuple):
    """At this moment (ms since 1970) so many rows had been handed to CarrierX; `limit` rows a second might go, 0 if
    none was known."""

    at_ms: int
    handed: int
    limit: float


class StateBreakdown(NamedTuple):
    """Messages that CarrierX spoke of, by state: of each sending number, and of each carrier (`mcc-mnc`)."""

    senders: dict[str, dict[RecipientState, int]]
    carriers: dict[str, dict[RecipientState, int]]


class Progress:
    """Samples of a campaign's pace, and counts kept where receipts are applied."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def sample(self, limits: Mapping[str, float]) -> None:
        """Remember how far these campaigns are now, each with the limit that holds it (0: none is known)."""
        if limits:
            self._scripts.run_many(
                [
                    ("campaigns/sample_progress", (name, f"{limit:g}", POINTS))
                    for name, limit in limits.items()
                ]
            )

    def line(self, campaign_id: str) -> tuple[list[Point], list[Point]]:
        """Its whole life, and its last seconds, both from the past to now."""
        key = keys.pace(campaign_id)
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.lrange(key, 0, -1)
            pipeline.lrange(f"{key}:now", 0, -1)
            whole, lately = pipeline.execute()
        return [_point(text) for text in whole], [_point(text) for text in lately]

    def breakdown(self, campaign_id: str) -> StateBreakdown:
        """What CarrierX said so far; each attempt counts once, under its highest word."""
        with translated():
            found: Any = self._redis.hgetall(keys.heard(campaign_id))
        heard = StateBreakdown({}, {})
        for field, count in found.items():
            kind, name, letter = text_of(field).split(":")
            if int(count) > 0:
                counts = heard.senders if kind == "sender" else heard.carriers
                counts.setdefault(name, {})[CODE_STATE[letter]] = int(count)
        return heard


def _point(text: bytes) -> Point:
    at_ms, handed, limit = text_of(text).split(":")
    return Point(int(at_ms), int(handed), float(limit))
