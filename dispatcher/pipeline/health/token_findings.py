"""Whether all workers show CarrierX one token: two may be a rotation that is not done everywhere, or two accounts."""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Iterator

from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.health.finding import HealthFinding


def token_sign(ledger: Ledger, token: str | None) -> str:
    """What a worker's sign of life says of its token: eight characters that tell it only to be the same or another;
    nothing without one.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    return hmac.digest(ledger.recovery.id().encode(), token.encode(), "sha256").hex()[:8] if token else ""


def look_at_tokens(ledger: Ledger) -> Iterator[HealthFinding]:
    """Nothing while all workers that tell show the same."""
    by_sign = defaultdict[str, list[str]](list)
    for name, facts in sorted(ledger.agenda.workers().items()):
        if sign := str(facts.get("token") or ""):
            by_sign[sign].append(name)
    if len(by_sign) > 1:
        groups = "; ".join(", ".join(names) for names in sorted(by_sign.values()))
        yield HealthFinding(
            "tokens",
            "note",
            f"workers show CarrierX {len(by_sign)} different tokens: {groups}",
            "give the new one everywhere (`mms token carrierx`); a second account needs a ledger of its own "
            "(docs/scale.md)",
        )
