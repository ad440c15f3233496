"""Recurring broadcasts: made once, then a campaign of its own for each occurrence, from the stored file.

The campaign is made some minutes before its time (`schedules.occurrences`), so that its file is read when it starts.
What is still to start is withdrawn when the broadcast gets other times or is ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import BinaryIO

from dispatcher.errors import InputError
from dispatcher.ledger.campaigns.campaigns import new_id
from dispatcher.ledger.campaigns.schedules import Schedule
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import MediaFacts
from dispatcher.model.reading_rules import READING_RULES
from dispatcher.pipeline.campaigns.column_memory import remember_column
from dispatcher.pipeline.campaigns.send_constraints import constraints_of, require_prices
from dispatcher.pipeline.campaigns.submit import digest_of
from dispatcher.pipeline.preflight.recurrence import first_occurrence
from dispatcher.pipeline.schedules.occurrences import LEAD_MS, child_id, is_understood, times_after
from dispatcher.roster.opening import open_roster
from dispatcher.rules.recurrence import parse_recurrence
from dispatcher.rules.times import parse_duration
from dispatcher.settings import Settings

LATE_BY_DEFAULT = "1h"
#: Of an id's 32 characters, six are for the occurrence, two for the revision and seven are random.
_NAME_MAX = 16


def make_schedule(
    ledger: Ledger,
    source: BinaryIO,
    *,
    filename: str,
    settings: CampaignSettings,
    fixed: frozenset[str],
    config: Settings,
    every: str,
    run_late_within: str = LATE_BY_DEFAULT,
    media: Mapping[str, MediaFacts] | None = None,
    media_files: Sequence[str] = (),
) -> Schedule:
    """Store the file and put the first occurrence on the calendar. The file is read anew for each of them.

    The arguments are those of `submit`; `every` is a calendar line, `run_late_within` how late an occurrence may still
    start after a time when all was down (`0s`: it is skipped).

    Raises:
        FileRefused, InputError: the file's head or a setting is wrong; nothing was stored.
        InputError: the same recurs already, and the settings do not allow that.
    """
    now = datetime.fromtimestamp(ledger.agenda.now_ms() / 1000, UTC)
    first_ms = int(first_occurrence(settings, every, now).timestamp() * 1000)
    late_ms = _milliseconds(run_late_within)
    require_prices(settings, config)
    constraints_of(settings)
    roster = open_roster(
        source, filename=filename, settings=settings, fixed=fixed, config=config, media=media
    )
    roster.refuse_unfit_message()
    settings = roster.settled(settings)
    digest = digest_of(source, settings, roster)
    if not settings.allow_same_file:
        _refuse_repetition(ledger, digest, every)
    ledger.inbound.learn_ours(settings.senders)
    remember_column(ledger, roster.column_names, settings, fixed)
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
        columns=tuple(roster.column_names),
        media_files=tuple(media_files),
        digest=digest,
        mended=len(roster.mends),
        reading_rules=READING_RULES,
    )
    ledger.schedules.put(schedule, first_ms, media)
    return schedule


def change_schedule(ledger: Ledger, schedule_id: str, every: str | None, late: str | None) -> Schedule:
    """Give it another calendar line, or another patience. With another line the next occurrence is worked out anew.

    Raises:
        NotFound, InputError: there is none, or the line is not one.
    """
    schedule = ledger.schedules.get(schedule_id)
    late_ms = _milliseconds(late) if late else schedule.late_ms
    if not is_understood(every or schedule.every):
        next_after(every or schedule.every, 0)  # says what is wrong with it
    changed = schedule.model_copy(update={"late_ms": late_ms, "revision": schedule.revision + 1})
    if every is None or every == schedule.every:
        ledger.schedules.put(changed)
        return changed
    now_ms = ledger.agenda.now_ms()
    next_after(every, now_ms)
    changed = changed.model_copy(update={"every": every})
    reason = "the recurring broadcast was given other times"
    started_ms = _withdraw(ledger, schedule, reason)
    ledger.schedules.put(changed, next_after(every, max(now_ms, started_ms)))
    _withdraw(ledger, schedule, reason)  # what a tick made meanwhile
    return changed


def end_schedule(ledger: Ledger, schedule_id: str) -> None:
    """End it: what has not started does not start; campaigns that have go on.

    Raises:
        NotFound: there is none of this id.
    """
    schedule = ledger.schedules.get(schedule_id)
    ledger.schedules.remove(schedule_id)
    reason = "the recurring broadcast was cancelled"
    _withdraw(ledger, schedule, reason)
    if schedule.last_campaign:  # its time may have come, and its file is still read
        ledger.campaigns.withdraw(schedule.last_campaign, reason)


def next_after(every: str, now_ms: int) -> int:
    """The first occurrence after this moment, ms.

    Raises:
        InputError: it is no calendar line, or never comes.
    """
    moment = parse_recurrence(every).next(datetime.fromtimestamp(now_ms / 1000, UTC))
    return int(moment.timestamp() * 1000)


def _withdraw(ledger: Ledger, schedule: Schedule, reason: str) -> int:
    """End the campaigns of occurrences that are still to come; answers the newest, ms, that started meanwhile."""
    now_ms, started_ms = ledger.agenda.now_ms(), 0
    if not is_understood(schedule.every):
        newest = schedule.last_campaign
        if newest:
            ledger.campaigns.withdraw(newest, reason)
        return 0
    for moment_ms in takewhile(
        lambda at_ms: at_ms <= now_ms + 2 * LEAD_MS, times_after(schedule.every, now_ms)
    ):
        for revision in range(schedule.revision + 1):
            made_as = schedule.model_copy(update={"revision": revision})
            if not ledger.campaigns.withdraw(child_id(made_as, moment_ms), reason):
                started_ms = moment_ms
    return started_ms


def _refuse_repetition(ledger: Ledger, digest: str, every: str) -> None:
    for schedule, _ in ledger.schedules.all():
        if (schedule.digest, schedule.every) == (digest, every):
            raise InputError(
                f"the same file with the same settings recurs at these times already: {schedule.id}",
                hint="say --allow-same-file to let it recur twice, or `mms schedule cancel` the other",
            )


def _milliseconds(duration: str) -> int:
    return int(parse_duration(duration).total_seconds() * 1000)
