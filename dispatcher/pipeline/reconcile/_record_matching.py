"""Which detail record tells of which failed row: by `user_data`, else by sender, number and time when only one can."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dispatcher.carrierx.detail_records import DetailRecord
from dispatcher.carrierx.vendor_errors import reason_of_code
from dispatcher.model.correlation import MessageRef, read_user_data
from dispatcher.pipeline.runtime.runtime import Runtime

#: Two clocks agree as far as this: CarrierX's is its own.
SLACK_MS = 300_000


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed row without a reason; `sent_ms` is about when CarrierX took its message, `senders` are the numbers
    that it may have gone from: one, or all of the campaign's pool, for which were in use then nobody knows."""

    ref: MessageRef
    row: int
    number: str = field(repr=False)
    senders: frozenset[str] = field(repr=False)
    sent_ms: int
    failed_ms: int

    def rivals(self, other: Failure) -> bool:
        """A record without `user_data` may be of this one as well as of the other."""
        near = abs(other.sent_ms - self.sent_ms) <= 2 * SLACK_MS
        return near and self.number == other.number and not self.senders.isdisjoint(other.senders)


def reasons_of(
    runtime: Runtime, failures: Sequence[Failure], records: Iterable[DetailRecord]
) -> dict[Failure, str]:
    """The reason of each failure that has one: by `user_data`, else by sender, number and time when unique."""
    by_ref: dict[MessageRef, list[Failure]] = defaultdict(list)
    by_number: dict[str | None, list[Failure]] = defaultdict(list)
    unmarked: dict[str | None, list[DetailRecord]] = defaultdict(list)
    for failure in failures:
        by_ref[failure.ref].append(failure)
        by_number[failure.number].append(failure)
    reasons: dict[Failure, str] = {}
    for record in records:
        if not record.user_data:
            unmarked[record.to].append(record)
            continue
        ref = read_user_data(record.user_data, runtime.secrets)
        for failure in by_ref.get(ref, ()) if ref else ():
            if record.vendor_error_code and record.to in (None, failure.number):
                reasons[failure] = reason_of_code(record.vendor_error_code)
    for number, candidates in by_number.items():
        for failure in candidates:
            near = [record for record in unmarked.get(number, ()) if _may_be_of(record, failure)]
            rivals = [other for other in candidates if failure.rivals(other)]
            if len(near) == len(rivals) == 1 and near[0].vendor_error_code:
                reasons.setdefault(failure, reason_of_code(near[0].vendor_error_code))
    return reasons


def _may_be_of(record: DetailRecord, failure: Failure) -> bool:
    """The record is of a message from there and of that time, as far as two clocks can agree."""
    if record.sender not in failure.senders:
        return False
    try:
        began = datetime.fromisoformat(record.date_start or "")
    except ValueError:
        return False
    if began.tzinfo is None:
        return False
    return abs(began.timestamp() * 1000 - failure.sent_ms) <= SLACK_MS
