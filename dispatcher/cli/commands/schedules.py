"""`mms schedule …`: recurring broadcasts and campaigns that are still to start."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from dispatcher.cli.shell.chosen import Chosen
from dispatcher.cli.shell.context import noted, open_ledger
from dispatcher.cli.shell.media_files import store_media
from dispatcher.cli.shell.mended_files import noting_mends, open_mended
from dispatcher.cli.shell.options import AsJson
from dispatcher.cli.shell.output import print_json, print_line, say
from dispatcher.cli.shell.tables import out
from dispatcher.errors import Conflict, InputError
from dispatcher.ledger.campaigns.schedules import Schedule
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.media import MediaFacts
from dispatcher.model.timestamps import utc_text
from dispatcher.pipeline.campaigns.lifecycle import change_start
from dispatcher.pipeline.preflight.recurrence import either_day
from dispatcher.pipeline.schedules.occurrences import is_understood
from dispatcher.pipeline.schedules.recurring import (
    LATE_BY_DEFAULT,
    change_schedule,
    end_schedule,
    make_schedule,
    next_after,
)
from dispatcher.rules.recurrence import parse_recurrence
from dispatcher.rules.times import parse_moment
from dispatcher.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Recurring broadcasts, and what is still to start.")

ScheduleId = Annotated[str, typer.Argument(metavar="ID", help="`mms schedule list` shows it.")]
_SHOWN = 10_000


def make_recurring(
    file: Path,
    chosen: Chosen,
    ledger: Ledger,
    config: Settings,
    media: Mapping[str, MediaFacts],
    *,
    as_json: bool,
) -> None:
    """What `submit --every` does: store the file, and say when it comes first. `media` is what the check found.

    Raises:
        FileRefused, InputError: the file or the calendar line cannot be used.
    """
    with open_mended(file) as source:
        schedule = make_schedule(
            ledger,
            source,
            filename=file.name,
            settings=chosen.settings,
            fixed=chosen.fixed,
            config=config,
            every=chosen.every or "",
            run_late_within=chosen.run_late_within or LATE_BY_DEFAULT,
            media=media,
            media_files=store_media(ledger, chosen.media_files),
        )
    noted(ledger, noting_mends(f"made the schedule {schedule.id}", file))
    if as_json:
        print_json(_row(schedule, ledger.schedules.next_ms(schedule.id)))
        return
    print_line(schedule.id)
    first = utc_text(next_after(schedule.every, ledger.agenda.now_ms()))
    say(f"first at {first}; `mms schedule next {schedule.id}` shows more")


@app.command("list")
def list_command(as_json: AsJson = False) -> None:
    """Show recurring broadcasts, and campaigns that wait for their start.

    Example: mms schedule list
    """
    ledger = open_ledger().ledger
    rows = [_row(schedule, next_ms) for schedule, next_ms in ledger.schedules.all()]
    starts = dict(ledger.agenda.starts(_SHOWN))
    rows += [
        {
            "id": one.id,
            "name": one.name,
            "every": "once",
            "next_at": utc_text(starts[one.id]),
            "made": 0,
            "missed": 0,
        }
        for one in ledger.campaigns.some(list(starts))
    ]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "every", "next", "made", "missed", "name"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(str(row[name]) for name in ("id", "every", "next_at", "made", "missed", "name")))
    out().print(table if rows else "nothing is scheduled")


@app.command("next")
def next_command(
    schedule_id: ScheduleId,
    count: Annotated[int, typer.Option(min=1, max=1000, help="So many occurrences.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show when a broadcast comes next, in UTC.

    Example: mms schedule next weekly-x7k2mp --count 10
    """
    ledger = open_ledger().ledger
    every = ledger.schedules.get(schedule_id).every
    now = parse_moment(utc_text(ledger.agenda.now_ms()))
    times = [
        utc_text(int(moment.timestamp() * 1000))
        for moment in islice(parse_recurrence(every).after(now), count)
    ]
    if as_json:
        print_json(times)
    else:
        print_line("\n".join(times))


@app.command("change")
def change_command(
    schedule_id: ScheduleId,
    every: Annotated[
        str | None, typer.Option("--every", metavar="WHEN", help="Another calendar line.")
    ] = None,
    late: Annotated[
        str | None, typer.Option("--run-late-within", metavar="TIME", help="Another patience, like 2h.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="Another start, of a campaign that waits for it."),
    ] = None,
) -> None:
    """Change when a broadcast comes, or when a campaign starts that has not started yet.

    Example: mms schedule change weekly-x7k2mp --every 'tue 10:00 America/New_York'
    """
    if at and (every or late):
        raise InputError("--at is for what starts once, --every for what recurs", hint="give one of the two")
    ledger, config = open_ledger()
    if at:
        campaign = change_start(ledger, schedule_id, at, config)
        noted(ledger, "gave another start", schedule_id)
        print_line(f"{campaign.id} {campaign.start_at}")
        return
    if not every and not late:
        raise InputError("nothing to change", hint="give --every, --run-late-within or --at")
    changed = change_schedule(ledger, schedule_id, every, late)
    noted(ledger, f"changed the schedule {schedule_id}")
    print_line(f"{changed.id} {changed.every}")
    recurrence, now = parse_recurrence(changed.every), parse_moment(utc_text(ledger.agenda.now_ms()))
    for notice in either_day(recurrence, now):
        say(f"note: {notice.message}")


@app.command("cancel")
def cancel_command(schedule_id: ScheduleId) -> None:
    """End a recurring broadcast, or a campaign that has not started. What has started goes on.

    Example: mms schedule cancel weekly-x7k2mp
    """
    ledger = open_ledger().ledger
    if any(schedule_id == name for name, _ in ledger.agenda.starts(_SHOWN)):
        if not ledger.campaigns.withdraw(schedule_id, "cancelled by the operator"):
            raise Conflict(f"campaign {schedule_id} has started", hint=f"mms campaign cancel {schedule_id}")
    else:
        end_schedule(ledger, schedule_id)
    noted(ledger, f"cancelled the schedule {schedule_id}")
    print_line(f"{schedule_id} cancelled")


def _row(schedule: Schedule, next_ms: int) -> dict[str, Any]:
    return {
        "id": schedule.id,
        "name": schedule.settings.name,
        "every": schedule.every,
        "next_at": utc_text(next_ms)
        if is_understood(schedule.every)
        else "times not understood: change them",
        "made": schedule.made,
        "missed": schedule.missed,
        "last_campaign": schedule.last_campaign,
    }
