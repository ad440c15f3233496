"""The audit log: who did what to which campaign, and when. A capped stream; it holds no number and no text."""

from __future__ import annotations

from typing import Any, NamedTuple

import redis

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.model.timestamps import utc_text

KEPT = 10_000
_AT_ONCE = 1000


class AuditEntry(NamedTuple):
    """One line: an ISO time, a person's or program's name, what was done, and to which campaign if to one."""

    at: str
    who: str
    did: str
    campaign: str


class AuditLog:
    """Writes and reads the audit log of this ledger."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def note(self, who: str, did: str, campaign: str = "") -> None:
        """Add a line."""
        with translated():
            line: Any = {"who": who, "did": did, "campaign": campaign}
            self._redis.xadd(keys.AUDIT_LOG, line, maxlen=KEPT, approximate=True)

    def latest(self, most: int, campaign: str | None = None) -> list[AuditEntry]:
        """The newest lines first, of one campaign or of all."""
        entries: list[AuditEntry] = []
        before = "+"
        while len(entries) < most:
            with translated():
                found: Any = self._redis.xrevrange(keys.AUDIT_LOG, before, "-", count=_AT_ONCE)
            if not found:
                break
            lines = [_entry(entry_id, fields) for entry_id, fields in found]
            entries += [line for line in lines if campaign in (None, line.campaign)]
            before = f"({text_of(found[-1][0])}"
        return entries[:most]


def _entry(entry_id: bytes, fields: dict[bytes, bytes]) -> AuditEntry:
    who, did, campaign = (text_of(fields[name]) for name in (b"who", b"did", b"campaign"))
    return AuditEntry(utc_text(int(entry_id.split(b"-")[0])), who, did, campaign)
