"""The ledger's times, milliseconds since 1970, as people and programs read them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

Precision = Literal["seconds", "milliseconds"]
_MILLISECONDS = tuple(f".{ms:03}Z" for ms in range(1000))


def utc_text(ms: int, precision: Precision = "milliseconds") -> str:
    """A moment as ISO 8601 in UTC, such as `2026-12-01T15:00:00.250Z`; what is finer than `precision` is cut off."""
    second, rest = divmod(ms, 1000)
    return _second(second) + (_MILLISECONDS[rest] if precision == "milliseconds" else "Z")


def utc_text_or_none(ms: int, precision: Precision = "milliseconds") -> str | None:
    """The same, and None for 0, which is 'not yet'."""
    return utc_text(ms, precision) if ms else None


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    """A report writes the same seconds again and again."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").removesuffix("+00:00")
