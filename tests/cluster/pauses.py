"""How long sending stood still, by what CarrierX took: the longest pause while there was something to send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.chaos.checker import Violation
from tests.chaos.history import Take
from tests.cluster.plan import FAILOVERS, STOPS_SENDING

#: Sending is back so many seconds after a failover's cause began: what is promised, with Sentinels that wait 5 s.
PROMISED_SECONDS = 15.0
#: Two cores do the work of eleven hosts here, beside whatever else runs on the machine.
ALLOWED_SECONDS = 5.0
#: What was claimed before goes out within this time: a claim is good for 2 s, and its request takes a moment.
UNDER_WAY_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Pause:
    """Around one fault: the longest pause in seconds, and how long after the fault's beginning it was over.

    `over_after` is None where nothing more was sent.
    """

    fault: str
    began_ms: float
    ended_ms: float
    longest: float
    over_after: float | None
    late_takes: int


def pause_around(
    fault: str, began_ms: float, ended_ms: float, until_ms: float, campaign: str, takes: Iterable[Take]
) -> Pause:
    """What the takes of this campaign's first attempts show; later attempts go when their time comes.

    From `until_ms` on, when the next fault begins, what is seen is that one's.
    """
    firsts: dict[tuple[int, int], tuple[float, int]] = {}
    for take in sorted(takes, key=lambda take: take.at_ms):
        if take.ref is not None and take.ref.campaign == campaign:
            firsts.setdefault((take.ref.batch, take.ref.message), (take.at_ms, take.ref.attempt))
    lowest = min((attempt for _, attempt in firsts.values()), default=0)
    times = sorted(at for at, attempt in firsts.values() if attempt == lowest)
    before = [at for at in times if at <= began_ms][-1:] or [began_ms]
    after = [at for at in times if began_ms < at < until_ms]
    still = UNDER_WAY_SECONDS * 1000
    late = sum(began_ms + still < at < ended_ms for at in after)
    if not after:
        return Pause(fault, began_ms, ended_ms, 0.0, None, late)
    length, end = max((two - one, two) for one, two in pairwise([*before, *after]))
    return Pause(fault, began_ms, ended_ms, length / 1000, max(0.0, (end - began_ms) / 1000), late)


def too_long(pauses: Iterable[Pause]) -> Iterator[Violation]:
    """C1: sending is back in time after a failover, and when one replica is lost; C2: nothing goes unconfirmed."""
    limit = PROMISED_SECONDS + ALLOWED_SECONDS
    for pause in pauses:
        if pause.fault in (*FAILOVERS, "one replica cut off"):
            if pause.over_after is None:
                yield Violation("C1", "", f"{pause.fault}: nothing more was sent")
            elif pause.longest > 1 and pause.over_after > limit:
                yield Violation("C1", "", f"{pause.fault}: sending was back after {pause.over_after:.1f} s")
        if pause.fault == STOPS_SENDING and pause.late_takes:
            sentence = (
                f"{pause.fault}: {pause.late_takes} messages went out that no replica had the claims of"
            )
            yield Violation("C2", "", sentence)
