"""One thing that was looked at."""

from __future__ import annotations

from typing import Literal, NamedTuple

Verdict = Literal["ok", "note", "bad"]


class HealthFinding(NamedTuple):
    """One thing looked at: the verdict, what was seen, and what to do about it."""

    subject: str
    verdict: Verdict
    seen: str
    mend: str = ""
