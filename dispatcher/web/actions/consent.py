"""What pages and programs do beside campaigns, done and noted: opt-outs, doubtful messages, schedules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dispatcher.ledger.campaigns.schedules import Schedule
from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.consent.optouts import OptOut, State
from dispatcher.model.campaign import Campaign
from dispatcher.pipeline.campaigns import lifecycle
from dispatcher.pipeline.consent import optouts
from dispatcher.pipeline.consent.optout_csv import opt_out_lines
from dispatcher.pipeline.consent.optouts import Imported
from dispatcher.pipeline.schedules.recurring import change_schedule, end_schedule
from dispatcher.web.actions.submissions import find_campaign
from dispatcher.web.http.upload_form import Upload
from dispatcher.web.site.site import Site

_CHUNK = 64 * 1024


def put_numbers(site: Site, who: str, numbers: Sequence[str], state: State, source: str) -> int:
    """Opt numbers out, or let them come back; answers how many changed.

    Raises:
        InputError: one is no number; nothing was written.
    """
    changed = optouts.put_numbers(site.ledger, numbers, state, source)
    if changed:
        things = "1 number" if changed == 1 else f"{changed} numbers"
        site.journal.note(who, f"opted {things} out" if state == "out" else f"let {things} back in")
    return changed


def import_list(site: Site, who: str, upload: Upload) -> Imported:
    """Read a list of opt-outs.

    Raises:
        InputError: the file as a whole cannot be used.
    """
    upload.source.seek(0)
    done = optouts.import_list(site.ledger, upload.source, max_bytes=site.max_file_bytes)
    site.journal.note(who, f"imported {done.read} opt-outs, {done.changed} changed")
    return done


def decide(site: Site, who: str, sid: str, *, stop: bool) -> Inbound:
    """Say what a doubtful message means.

    Raises:
        NotFound: there is no such message.
    """
    message = optouts.decide(site.ledger, sid, stop=stop)
    site.journal.note(who, f"decided that a message is {'an' if stop else 'no'} opt-out")
    return message


def change(site: Site, who: str, schedule_id: str, every: str | None, late: str | None) -> Schedule:
    """Give a schedule another calendar line or patience.

    Raises:
        NotFound, InputError: there is none, or the line is not one.
    """
    changed = change_schedule(site.ledger, schedule_id, every, late)
    site.journal.note(who, f"changed the schedule {schedule_id}")
    return changed


def change_start(site: Site, who: str, campaign_id: str, at: str) -> Campaign:
    """Give a campaign that has not started another start.

    Raises:
        NotFound, InputError, Conflict: there is none, it is not a time, or it has started.
    """
    find_campaign(site, campaign_id)
    changed = lifecycle.change_start(site.ledger, campaign_id, at, site.settings)
    site.journal.note(who, "changed its start", campaign_id)
    return changed


def cancel(site: Site, who: str, schedule_id: str) -> None:
    """End a schedule.

    Raises:
        NotFound: there is none.
    """
    end_schedule(site.ledger, schedule_id)
    site.journal.note(who, f"cancelled the schedule {schedule_id}")


def find_schedule(site: Site, schedule_id: str) -> tuple[Schedule, int]:
    """A schedule and ms of its next occurrence.

    Raises:
        NotFound: there is none.
    """
    schedule = site.ledger.schedules.get(schedule_id)
    return schedule, site.ledger.schedules.next_ms(schedule_id)


def export_chunks(entries: Iterable[OptOut]) -> Iterator[str]:
    """The whole list as CSV, in pieces."""
    waiting, size = [], 0
    for line in opt_out_lines(entries):
        waiting.append(line)
        size += len(line)
        if size >= _CHUNK:
            yield "".join(waiting)
            waiting, size = [], 0
    yield "".join(waiting)
