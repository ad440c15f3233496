"""The reading of campaigns' files into batches: one reader at a time, under a lease; another follows one that died."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from dispatcher.ledger.campaigns.media import unpack_facts
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import Scripts
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import MediaFacts
from dispatcher.model.reading_rules import FIRST_RULES


class FileReading(NamedTuple):
    """What the reader of a campaign's file needs."""

    settings: CampaignSettings
    fixed: frozenset[str]
    filename: str
    chunks: int
    batches: int
    rows_read: int
    media: Mapping[str, MediaFacts]
    rules: int


class FileReadings:
    """Of all campaigns of this ledger."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def begin(self, campaign_id: str, reader: str, lease_ms: int) -> FileReading | None:
        """Become the one reader of the campaign's file; None if another is at work or it is read."""
        with translated():
            if not self._redis.set(keys.expanding(campaign_id), reader, nx=True, px=lease_ms):
                return None
            wanted = (
                "state",
                "settings",
                "fixed",
                "filename",
                "chunks",
                "batches",
                "rows_read",
                "reading_rules",
            )
            found: list[Any] = self._redis.hmget(keys.campaign(campaign_id), wanted)
            media: Any = self._redis.get(keys.media_facts(campaign_id))
        state, settings, fixed, filename, chunks, batches, rows, rules = found
        if state != b"checking":
            return None
        with translated():
            self._redis.hincrby(keys.campaign(campaign_id), "readers", 1)
        return FileReading(
            CampaignSettings.model_validate_json(settings),
            frozenset(json.loads(fixed)),
            filename.decode(),
            int(chunks),
            int(batches),
            int(rows),
            unpack_facts(media) if media else {},
            int(rules or FIRST_RULES),
        )

    def renew(self, campaign_id: str, reader: str, lease_ms: int) -> bool:
        """The reader shows that it is alive; False: another reads now, or nobody should."""
        return bool(self._scripts.run("campaigns/renew_reading", campaign_id, reader, lease_ms) == b"ok")

    def finish(self, campaign_id: str, rows: int, reader: str) -> bool:
        """The whole file is in batches; the campaign starts when its time has come."""
        return bool(self._scripts.run("campaigns/finish_reading", campaign_id, rows, reader) != b"lost")

    def fail(self, campaign_id: str, reason: str, reader: str) -> bool:
        """The file cannot be used after all; nothing of it is sent."""
        return bool(self._scripts.run("campaigns/fail_reading", campaign_id, reason, reader) == b"ok")

    def readers(self, campaign_id: str) -> int:
        """How many readers began since something new was read of the file."""
        with translated():
            return int(self._redis.hget(keys.campaign(campaign_id), "readers") or 0)

    def interrupt(self, campaign_id: str, reason: str, reader: str, *, most: int, wait_ms: int) -> str:
        """This reader cannot go on, for a reason that is not the file's: `again` after the wait, or `paused` when so
        many in a row read nothing new; `lost` when another reads now."""
        return text_of(
            self._scripts.run("campaigns/interrupt_reading", campaign_id, reader, reason, most, wait_ms)
        )
