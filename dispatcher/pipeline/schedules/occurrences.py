"""The calendar of recurring broadcasts: a campaign for each occurrence, a while before its time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from dispatcher.errors import InputError, NotFound
from dispatcher.ledger.batches.rows import EPOCH_MS
from dispatcher.ledger.campaigns.schedules import Schedule
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.correlation import base36
from dispatcher.pipeline.campaigns.send_constraints import constraints_of
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.rules.rates import parse_rate
from dispatcher.rules.recurrence import parse_recurrence

#: How long before its time the campaign of an occurrence is made: a million rows are read in less.
LEAD_MS = 300_000
#: Schedules looked at in one tick, which takes under a second with them; the lead leaves time for thousands.
MOST_A_TICK = 25
_MINUTE_MS = 60_000
#: The end of the calendar: a schedule that waits for other times stays listed, the last of all.
_STANDS_STILL_MS = 253_402_300_799_000


def occur(runtime: Runtime, now_ms: int) -> int:
    """Make a campaign for each occurrence that comes soon; answers how many. Two callers make each once.

    After a time when all was down, only the newest missed occurrence may still start, if it is not too late.
    """
    due = runtime.ledger.schedules.due(now_ms + LEAD_MS, MOST_A_TICK)
    return sum(_occur(runtime, schedule_id, at_ms, now_ms) for schedule_id, at_ms in due)


def _occur(runtime: Runtime, schedule_id: str, at_ms: int, now_ms: int) -> bool:
    try:
        schedule = runtime.ledger.schedules.get(schedule_id)
    except NotFound:  # ended meanwhile
        return False
    if not is_understood(schedule.every):
        runtime.ledger.schedules.occurred(schedule, at_ms, _STANDS_STILL_MS)
        return False
    newest_ms, next_ms, passed = _catch_up(schedule, at_ms, now_ms)
    in_time = now_ms - newest_ms <= schedule.late_ms
    missed = passed - in_time
    child = _make_child(runtime, schedule, newest_ms) if in_time else schedule.last_campaign
    moved = schedule.model_copy(
        update={
            "made": schedule.made + in_time,
            "missed": schedule.missed + missed,
            "last_missed_ms": at_ms if missed else schedule.last_missed_ms,
            "last_campaign": child,
        }
    )
    if runtime.ledger.schedules.occurred(moved, at_ms, next_ms):
        return in_time
    if in_time and not _stands(runtime.ledger, schedule):
        runtime.ledger.campaigns.withdraw(child, "the recurring broadcast was changed")
    return False


def skip_due(ledger: Ledger, now_ms: int) -> dict[str, int]:
    """Pass over all occurrences whose time has come, as missed: they may have been made in a ledger that is lost.

    Answers how many of which schedule.
    """
    skipped: dict[str, int] = {}
    while due := ledger.schedules.due(now_ms, MOST_A_TICK):
        for schedule_id, at_ms in due:
            schedule = ledger.schedules.get(schedule_id)
            if not is_understood(schedule.every):
                ledger.schedules.occurred(schedule, at_ms, _STANDS_STILL_MS)
                continue
            latest_ms, next_ms, passed = _catch_up(schedule, at_ms, now_ms)
            changes = {"missed": schedule.missed + passed, "last_missed_ms": latest_ms}
            if ledger.schedules.occurred(schedule.model_copy(update=changes), at_ms, next_ms):
                skipped[schedule_id] = passed
    return skipped


def _catch_up(schedule: Schedule, at_ms: int, now_ms: int) -> tuple[int, int, int]:
    """The newest occurrence that has come, or the next one; the one after it; and how many these are."""
    newest_ms, passed = at_ms, 1
    for moment_ms in times_after(schedule.every, at_ms):
        if moment_ms > now_ms:
            return newest_ms, moment_ms, passed
        newest_ms, passed = moment_ms, passed + 1
    return newest_ms, 0, passed


def times_after(every: str, after_ms: int) -> Iterator[int]:
    """The times of a calendar line after this moment, ms."""
    for moment in parse_recurrence(every).after(datetime.fromtimestamp(after_ms / 1000, UTC)):
        yield int(moment.timestamp() * 1000)


def is_understood(every: str) -> bool:
    """Whether a stored calendar line still is one: earlier versions took `monthly` for every Monday, and `EST` for a
    clock. Such a schedule stands still, and says so where schedules are listed, until it is given other times."""
    try:
        parse_recurrence(every)
    except InputError:
        return False
    return True


def _stands(ledger: Ledger, schedule: Schedule) -> bool:
    """Whether nobody ended it or gave it another line since it was read."""
    try:
        return ledger.schedules.get(schedule.id).revision == schedule.revision
    except NotFound:
        return False


def child_id(schedule: Schedule, at_ms: int) -> str:
    """The id of an occurrence's campaign, which is so made once; anew after the schedule was changed."""
    minute = base36((at_ms - EPOCH_MS) // _MINUTE_MS)
    return f"{schedule.id}-{minute}{base36(schedule.revision) if schedule.revision else ''}"


def _make_child(runtime: Runtime, schedule: Schedule, at_ms: int) -> str:
    """The campaign of one occurrence: the same file, settings, media and limits as if a person submitted it."""
    child, ledger = child_id(schedule, at_ms), runtime.ledger
    settings = schedule.settings
    limit = parse_rate(settings.rate) if settings.rate else None
    ledger.schedules.lend_file(schedule, child)
    ledger.campaigns.create(
        child,
        settings,
        fixed=frozenset(schedule.fixed),
        filename=schedule.filename,
        chunks=schedule.chunks,
        columns=schedule.columns,
        start_at_ms=at_ms,
        settle_ms=int(runtime.settings.settle_window * 1000),
        rate=(limit.interval_us, limit.tolerance_us) if limit else None,
        media=ledger.schedules.media_facts(schedule.id),
        media_files=schedule.media_files,
        constraints=constraints_of(settings),
        mended=schedule.mended,
        reading_rules=schedule.reading_rules,
    )
    return child
