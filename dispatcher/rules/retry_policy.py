"""How long until the next try: every wait and every number of tries of sending, searching and asking, in one place.

Names end in their unit: `_MS` are milliseconds. What Redis decides by itself stands in the ledger's
`lua/lib/retry_policy.lua`, under the same name where both know it; what an operator may change is a setting (`MMS_*`).
"""

from __future__ import annotations

import random

# Sending: a POST that was not taken.
#: Full jitter between nothing and this, doubled with each try up to the cap.
BACKOFF_FIRST_MS = 500
BACKOFF_CAP_MS = 60_000
#: More tries than this and CarrierX is not there for this message: it is refused with the reason of the last.
MOST_TRIES = 200
#: A conflict (409) that is there at so many tries, about a quarter of an hour, stays.
MOST_CONFLICTS = 30
#: Without a Retry-After, a 429 holds what it names for this long,
DEFAULT_HOLD_MS = 1_000
#: and a server that asks for more patience than this is asked again all the same.
LONGEST_HOLD_MS = 3_600_000
#: After a brake or a clock that is off, the batch is due again when this is over.
HALT_MS = 10_000
#: A longer wait for a limit gives the batch back instead of holding the process.
LONGEST_WAIT_MS = 2_000
#: Redis away for longer than this: what is in flight is left to be found as unconfirmed.
STORE_PATIENCE_SECONDS = 60.0
#: While Redis is away it is asked so often.
STORE_PAUSE_SECONDS = 0.5

# Looking for messages whose outcome is unknown, and asking what became of those whose callbacks never came.
#: First look: a message's callback is given this long to tell by itself.
FIRST_LOOK_MS = 10_000
#: Between two looks: a part of the message's age, between these.
LOOK_AGAIN_MS = 20_000
LOOK_AGAIN_MOST_MS = 600_000
LOOK_AGAIN_PART = 20
#: Before a look at those of a batch whose turn did not come at this one.
LOOK_ON_MS = 5_000
#: Questions about one batch grow apart up to this.
LONGEST_POLL_MS = 3_600_000
#: Where callbacks can reach us they get so many times the first wait before anything is asked.
CALLBACKS_FIRST = 120
#: After a list of a batch that was no help none is asked for so long.
NO_LISTS_MS = 600_000

# Asking why messages failed.
#: After so long without a reason a row gets none: when the records could be read, and in any case.
REASON_PATIENCE_MS = 24 * 3_600_000
REASON_GIVE_UP_MS = 72 * 3_600_000
#: Batches are asked for again in their failures' age, between these.
REASON_SOONEST_MS = 60_000
REASON_LATEST_MS = 3_600_000

# Proving inbound messages.
#: One that CarrierX does not show is asked for again after this, and given up after an hour.
PROOF_AGAIN_MS = 30_000
PROOF_PATIENCE_MS = 3_600_000


def backoff_ms(attempt: int) -> int:
    """Full jitter: anything up to the doubled and capped step, in ms."""
    return random.randint(0, min(BACKOFF_CAP_MS, BACKOFF_FIRST_MS << min(attempt, 20)))


def hold_ms(retry_after: float | None) -> int:
    """How long a 429 holds what it names, in ms; `retry_after` are the seconds that its header asks for."""
    return min(int(1000 * (retry_after or 0)) or DEFAULT_HOLD_MS, LONGEST_HOLD_MS)


def first_poll_ms(poll_first_seconds: float, *, polls: bool) -> int:
    """When CarrierX is first asked what became of a message, in ms. `polls`: no callback can reach us and nothing else
    tells us; else asking is for callbacks that were lost."""
    return int(poll_first_seconds * 1000) * (1 if polls else CALLBACKS_FIRST)


def ask_reason_again_ms(age_ms: int) -> int:
    """When it is asked again why messages failed of which the youngest is so old, in ms."""
    return min(max(age_ms, REASON_SOONEST_MS), REASON_LATEST_MS)


def look_again_ms(age_ms: int) -> int:
    """When a message of this age, whose outcome is unknown, is looked for again, in ms."""
    return max(LOOK_AGAIN_MS, min(age_ms // LOOK_AGAIN_PART, LOOK_AGAIN_MOST_MS))
