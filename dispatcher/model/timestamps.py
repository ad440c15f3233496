"""The ledger's times as people and programs read them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(ms: int) -> str | None:
    """Milliseconds since 1970 as ISO 8601 in UTC; None for 0, which is 'not yet'."""
    if not ms:
        return None
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
