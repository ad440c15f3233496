"""Recurring broadcasts: made once, then a campaign of its own for each occurrence, from the stored file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import BinaryIO

from dispatcher.errors import InputError
from dispatcher.ledger.campaigns import new_id
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.packing import EPOCH_MS
from dispatcher.ledger.schedules import Schedule
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.correlation import base36
from dispatcher.pipeline.world import World
from dispatcher.roster.roster import Roster
from dispatcher.rules.limits import parse_rate
from dispatcher.rules.moments import parse_duration
from dispatcher.rules.recurrence import parse_recurrence
from dispatcher.settings import Settings

MOST_A_TICK = 500
#: Of an id's 32 characters, six are for the occurrence and seven are random.
_NAME_MAX = 18
_MINUTE_MS = 60_000


def make_schedule(
    ledger: Ledger,
    source: BinaryIO,
    *,
    filename: str,
    settings: CampaignSettings,
    fixed: frozenset[str],
    config: Settings,
    every: str,
    run_late_within: str = "1h",
) -> Schedule:
    """Store the file and put the first occurrence on the calendar. The file is read anew for each of them.

    Raises:
        FileRefused, InputError: the file's head or a setting is wrong; nothing was stored.
    """
    if settings.at is not None:
        raise InputError(
            "--at and --every exclude each other", hint="the first occurrence is the first start"
        )
    first_ms = next_after(every, ledger.agenda.now_ms())
    late_ms = int(parse_duration(run_late_within).total_seconds() * 1000)
    roster = Roster(
        source,
        filename=filename,
        settings=settings,
        fixed=fixed,
        fictional_ok=config.simulate,
        max_bytes=config.max_file_mb << 20,
        max_rows=config.max_rows,
    )
    source.seek(0)
    schedule_id = new_id(settings.name[:_NAME_MAX])
    schedule = Schedule(
        id=schedule_id,
        every=every,
        late_ms=late_ms,
        settings=settings,
        fixed=tuple(sorted(fixed)),
        filename=filename,
        chunks=ledger.uploads.store(schedule_id, source),
        columns=tuple(roster.columns),
    )
    ledger.schedules.put(schedule, first_ms)
    return schedule


def change_schedule(ledger: Ledger, schedule_id: str, every: str | None, late: str | None) -> Schedule:
    """Give it another calendar line, or another patience; the next occurrence is worked out anew.

    Raises:
        NotFound, InputError: there is none, or the line is not one.
    """
    schedule = ledger.schedules.get(schedule_id)
    changes: dict[str, object] = {"every": every} if every else {}
    if late:
        changes["late_ms"] = int(parse_duration(late).total_seconds() * 1000)
    changed = schedule.model_copy(update=changes)
    ledger.schedules.put(changed, next_after(changed.every, ledger.agenda.now_ms()))
    return changed


def next_after(every: str, now_ms: int) -> int:
    """The first occurrence after this moment, ms.

    Raises:
        InputError: it is no calendar line, or never comes.
    """
    moment = parse_recurrence(every).next(datetime.fromtimestamp(now_ms / 1000, UTC))
    return int(moment.timestamp() * 1000)


def occur(world: World, now_ms: int) -> int:
    """Make a campaign for each occurrence whose time has come; answers how many. Two callers make each once.

    After a time when all was down, only the newest missed occurrence may still start, if it is not too late.
    """
    made = 0
    for schedule_id, at_ms in world.ledger.schedules.due(now_ms, MOST_A_TICK):
        schedule = world.ledger.schedules.get(schedule_id)
        latest_ms, next_ms, passed = _catch_up(schedule, at_ms, now_ms)
        in_time = now_ms - latest_ms <= schedule.late_ms
        missed = passed - in_time
        child = _child(world, schedule, latest_ms) if in_time else schedule.last_campaign
        moved = schedule.model_copy(
            update={
                "made": schedule.made + in_time,
                "missed": schedule.missed + missed,
                "last_missed_ms": at_ms if missed else schedule.last_missed_ms,
                "last_campaign": child,
            }
        )
        made += world.ledger.schedules.occurred(moved, at_ms, next_ms) and in_time
    return made


def _catch_up(schedule: Schedule, at_ms: int, now_ms: int) -> tuple[int, int, int]:
    """The newest occurrence that has come, the one after it, and how many have come."""
    latest_ms, passed = at_ms, 1
    moments = parse_recurrence(schedule.every).after(datetime.fromtimestamp(at_ms / 1000, UTC))
    for moment in moments:
        moment_ms = int(moment.timestamp() * 1000)
        if moment_ms > now_ms:
            return latest_ms, moment_ms, passed
        latest_ms, passed = moment_ms, passed + 1
    return latest_ms, 0, passed


def _child(world: World, schedule: Schedule, at_ms: int) -> str:
    """The campaign of one occurrence; its id says which, so that it is made once."""
    child = f"{schedule.id}-{base36((at_ms - EPOCH_MS) // _MINUTE_MS)}"
    settings = schedule.settings
    limit = parse_rate(settings.rate) if settings.rate else None
    world.ledger.schedules.lend_file(schedule, child)
    world.ledger.book.create(
        child,
        settings,
        fixed=frozenset(schedule.fixed),
        filename=schedule.filename,
        chunks=schedule.chunks,
        columns=schedule.columns,
        start_at_ms=at_ms,
        settle_ms=int(world.settings.settle_window * 1000),
        rate=(limit.interval_us, limit.tolerance_us) if limit else None,
    )
    return child
