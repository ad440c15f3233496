"""What API and console do with campaigns, written once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TextIO, TypedDict

from dispatcher.errors import FileRefused, InputError, NotFound
from dispatcher.ledger.campaigns.schedules import Schedule
from dispatcher.model.campaign import CAMPAIGN_ID, Campaign, CampaignSettings
from dispatcher.model.media import MediaFacts
from dispatcher.pipeline.campaigns.lifecycle import launch
from dispatcher.pipeline.campaigns.one_off import send_test_message
from dispatcher.pipeline.campaigns.settings_file import resolve_settings
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.preflight.check_apart import check_apart
from dispatcher.pipeline.preflight.request import CheckRequest
from dispatcher.pipeline.preflight.result import CheckResult, ReadAs, Tally
from dispatcher.pipeline.reports.report import report_texts
from dispatcher.pipeline.schedules.recurring import LATE_BY_DEFAULT, make_schedule
from dispatcher.roster.mends import in_words, mends_before
from dispatcher.settings import Settings
from dispatcher.web.actions.media import asks_about, media_facts, own_hashes, roster_of
from dispatcher.web.http.background import in_background
from dispatcher.web.http.reading_turns import reading_turn
from dispatcher.web.http.upload_form import Upload
from dispatcher.web.site.site import Site

_ID = re.compile(CAMPAIGN_ID)
#: A line of a report is short; sent one by one, lines would cost more than they weigh.
_CHUNK = 64 * 1024


class MadeCampaign(Campaign):
    """A campaign that was just made; `checked` says how many rows of its file go, and how many do not,
    `readings` what was decided about the file, without its cells."""

    checked: Tally
    readings: tuple[ReadAs, ...] = ()


def find_campaign(site: Site, campaign_id: str) -> Campaign:
    """One campaign's snapshot.

    Raises:
        NotFound: there is none, or this is no id at all.
    """
    if not _ID.fullmatch(campaign_id):
        raise NotFound("there is no such campaign", hint="the list of campaigns has their ids")
    return site.ledger.campaign(campaign_id)


def check_upload(
    site: Site,
    upload: Upload,
    options: dict[str, Any],
    *,
    errors_to: TextIO | None = None,
    mendable_to: TextIO | None = None,
    every: str | None = None,
) -> CheckResult:
    """What would happen if this file were sent with these settings, with the calendar line `every` at its first
    time; `errors_to` and `mendable_to` receive its invalid rows, see `CheckRequest`.

    Raises:
        InputError, FileRefused: the settings or the file cannot be used.
    """
    settings, fixed = settings_of(upload, options)
    with reading_turn(site.closing) as pulse:
        upload.source.seek(0)
        request = CheckRequest(
            filename=upload.filename,
            settings=settings,
            fixed=fixed,
            every=every,
            now=datetime.now(UTC),
            errors_to=errors_to,
            mendable_to=mendable_to,
            ask_media=partial(asks_about, site),
            chosen_before=site.ledger.chosen_columns.all(),
            pulse=pulse,
        )
        everyone_out = site.ledger.optouts.everyone_out()
        return check_apart(upload.source, request, site.settings, opted_out=everyone_out)


def settings_of(upload: Upload, options: dict[str, Any]) -> tuple[CampaignSettings, frozenset[str]]:
    """The settings, and which of them were given. A campaign without a name is called after its file.

    Raises:
        InputError: one cannot be used.
    """
    name = Path(upload.filename).stem[:120].strip() or "campaign"
    return resolve_settings(options, {"name": name})


def as_checked(options: dict[str, Any], result: CheckResult) -> dict[str, Any]:
    """The options with the column that the check took because it was chosen before, so that what is made of the file
    takes the same."""
    column = result.column_chosen_before
    return options if column is None else {**options, "to": column}


def refuse_unsendable(settings: CampaignSettings, result: CheckResult) -> None:
    """Hold a checked file against what was asked of it.

    Raises:
        FileRefused: nothing of it can be sent; or `strict` was asked for and rows are bad.
    """
    first = result.errors[0] if result.errors else None
    line, column = (first.line, first.column) if first else (None, None)
    if settings.strict and result.errors_total:
        detail = f"{result.errors_total} rows cannot be sent, and strict refuses a file with any."
        hint = f"the first: {first.message}" if first else ""
        raise FileRefused("bad_rows", detail, line=line, column=column, hint=hint)
    if not result.sendable:
        hint = f"the first invalid row: {first.message}" if first else result.tally.in_words
        raise FileRefused("nothing_to_send", "No row can be sent.", line=line, column=column, hint=hint)


def submit_upload(
    site: Site,
    who: str,
    upload: Upload,
    options: dict[str, Any],
    *,
    draft: bool = False,
    media: Mapping[str, MediaFacts] | None = None,
) -> str:
    """Put a checked file with its settings into the ledger and note who did; answers the campaign's id. A draft is
    kept there and nothing of it is sent. `media` are the facts of a check just before; without them it is asked again.

    Raises:
        InputError, FileRefused: the settings or the file cannot be used; nothing was done.
    """
    campaign_id = submit(
        site.ledger, upload.source, **_submission_of(site, upload, options, media), draft=draft
    )
    did = "kept a draft" if draft else "sent"
    site.audit_log.note(who, f"{did}{_mended(upload)}", campaign_id)
    if not draft:
        _hint_at_reading(site, campaign_id)
    return campaign_id


def _mended(upload: Upload) -> str:
    """What the audit log adds of cells that a person mended; nothing of a file as it came."""
    mends = mends_before(upload.source)
    return f", {in_words(mends)}" if mends else ""


class _Submission(TypedDict):
    """What `submit` and `make_schedule` are both told of an upload."""

    filename: str
    settings: CampaignSettings
    fixed: frozenset[str]
    config: Settings
    media: Mapping[str, MediaFacts]
    media_files: Sequence[str]


def _submission_of(
    site: Site, upload: Upload, options: dict[str, Any], media: Mapping[str, MediaFacts] | None
) -> _Submission:
    """The upload's settings and what is known of its media; it is rewound."""
    settings, fixed = settings_of(upload, options)
    upload.source.seek(0)
    return _Submission(
        filename=upload.filename,
        settings=settings,
        fixed=fixed,
        config=site.settings,
        media=media_facts(site, upload, settings, fixed) if media is None else media,
        media_files=own_hashes(site, settings.media_urls),
    )


def _hint_at_reading(site: Site, campaign_id: str) -> None:
    """Nobody waits for the broker: a hint that is lost is repeated by the tick."""
    in_background(lambda: site.hints.expand(campaign_id, 0), "expand-hint")


def recur_upload(
    site: Site,
    who: str,
    upload: Upload,
    options: dict[str, Any],
    *,
    every: str,
    run_late_within: str,
    media: Mapping[str, MediaFacts] | None = None,
) -> tuple[Schedule, int]:
    """Send a file again and again; answers the schedule and ms of its first occurrence. `media` see `submit_upload`.

    Raises:
        InputError, FileRefused: the settings, the times or the file cannot be used; nothing was done.
    """
    schedule = make_schedule(
        site.ledger,
        upload.source,
        **_submission_of(site, upload, options, media),
        every=every,
        run_late_within=run_late_within or LATE_BY_DEFAULT,
    )
    site.audit_log.note(who, f"made the schedule {schedule.id}{_mended(upload)}")
    return schedule, site.ledger.schedules.next_ms(schedule.id)


def send_test(site: Site, who: str, upload: Upload, options: dict[str, Any], *, row: str, to: str) -> str:
    """Send what a row of the file would get to a number of one's own; answers the id of that small campaign.

    Raises:
        InputError, FileRefused: the row, the number, the settings or the file cannot be used; nothing was sent.
    """
    if not row.isdecimal() or not row.isascii() or len(row) > 9:
        raise InputError("the test has no row", hint="name a row of the file; rows count from 1")
    settings, fixed = settings_of(upload, options)
    config = site.settings
    with reading_turn(site.closing) as pulse:
        known = site.ledger.chosen_columns.all()
        roster = roster_of(config, upload, settings, fixed, pulse, chosen_before=known)
        made = send_test_message(site.ledger, roster, settings, config, row=int(row), to=to)
    site.audit_log.note(who, f"sent a test of row {int(row)}", made)
    _hint_at_reading(site, made)
    return made


def launch_draft(site: Site, who: str, campaign_id: str) -> Campaign:
    """Send a draft as it was kept.

    Raises:
        NotFound, Conflict, InputError: there is none, it is a draft no more, or its settings cannot be used any more.
    """
    find_campaign(site, campaign_id)
    launch(site.ledger, campaign_id, site.settings)
    site.audit_log.note(who, "sent", campaign_id)
    _hint_at_reading(site, campaign_id)
    return find_campaign(site, campaign_id)


def discard_draft(site: Site, who: str, campaign_id: str) -> None:
    """Throw a draft away.

    Raises:
        NotFound, Conflict: there is none, or it is a draft no more.
    """
    find_campaign(site, campaign_id)
    site.ledger.campaigns.discard(campaign_id)
    site.audit_log.note(who, "threw a draft away")


def check_and_submit(
    site: Site, who: str, upload: Upload, options: dict[str, Any], *, draft: bool = False
) -> MadeCampaign:
    """Send a file if it can be sent, or keep it as a draft; answers the new campaign, with how many of its rows go.

    Raises:
        InputError, FileRefused: the settings or the file cannot be used; nothing was done.
    """
    result = check_upload(site, upload, options)
    refuse_unsendable(settings_of(upload, options)[0], result)
    options = as_checked(options, result)
    campaign = find_campaign(site, submit_upload(site, who, upload, options, draft=draft, media=result.media))
    return MadeCampaign(**dict(campaign), checked=result.tally, readings=result.decisions)


def report_chunks(site: Site, campaign_id: str) -> Iterator[bytes]:
    """The campaign's report as a CSV file, a piece at a time.

    Raises:
        NotFound, Conflict: there is no such campaign, or its rows were erased; before the first piece.
    """
    find_campaign(site, campaign_id)
    return _chunks(report_texts(site.ledger, campaign_id))


def _chunks(lines: Iterable[str]) -> Iterator[bytes]:
    waiting: list[str] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= _CHUNK:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    yield "".join(waiting).encode()
