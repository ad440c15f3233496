"""The preflight: everything that can be said about a campaign before a single message leaves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import BinaryIO

from dispatcher.model.media import MediaFacts
from dispatcher.model.timestamps import utc_text
from dispatcher.pipeline.campaigns.media_check import NO_MEDIA_ASKED, MediaAnswers, ask_for_media
from dispatcher.pipeline.campaigns.send_constraints import require_constraints
from dispatcher.pipeline.estimates.forecast import Prices, Rates, finish_time
from dispatcher.pipeline.expansion.grouping import messages_in_blocks, rows_of
from dispatcher.pipeline.preflight._problems import Problems
from dispatcher.pipeline.preflight._send_times import SendTimes, Wait, waiting_notices
from dispatcher.pipeline.preflight._totals import CheckTotals
from dispatcher.pipeline.preflight._warnings import Notice
from dispatcher.pipeline.preflight.recurrence import first_occurrence, recurrence_notices
from dispatcher.pipeline.preflight.request import CheckRequest
from dispatcher.pipeline.preflight.result import Alternative, CheckResult, ColumnMeaning, ReadAs
from dispatcher.roster.consent_survey import ConsentSurvey
from dispatcher.roster.opening import open_roster, surveyed_roster
from dispatcher.roster.readings import Reading
from dispatcher.roster.roster import Roster
from dispatcher.rules.rates import parse_rate
from dispatcher.rules.send_window import SendWindow
from dispatcher.settings import Settings


def check(source: BinaryIO, request: CheckRequest, config: Settings) -> CheckResult:
    """Read a campaign file as a submit would: what would be sent, to how many, until when, for how much.

    `source` can be rewound, and is when media are asked for or a column says who consents. Rates, prices, bounds of a
    file and the margin of allowed hours are those of this installation, `config`.

    Raises:
        FileRefused: the file as a whole cannot be used.
        InputError: a setting is one that a submit refuses.
    """
    settings, now = request.settings, request.now
    require_constraints(settings, config, int(now.timestamp() * 1000))
    recurring = tuple(recurrence_notices(request.every, now)) if request.every else ()
    begins = first_occurrence(settings, request.every, now) if request.every else None
    media = _media(source, request, config)
    roster = surveyed_roster(
        lambda survey: _roster(source, request, config, media.facts, survey), telling=True
    )
    send_window = SendWindow.under(settings, config)
    problems = Problems(roster, request.errors_to, request.mendable_to)
    totals = CheckTotals(request.opted_out, problems, media, SendTimes(send_window))
    for item in messages_in_blocks(rows_of(roster, settings), settings):
        totals.add(item)
    start = max(now, begins or send_window.begins or now)
    wait = totals.send_times.wait(int(start.timestamp() * 1000))
    finish = _finish_at(wait, _rates(request, config).seconds(totals.load, settings.senders))
    return _result(request, config, roster, totals, wait, finish if totals.sendable else None, recurring)


def _roster(
    source: BinaryIO,
    request: CheckRequest,
    config: Settings,
    media: Mapping[str, MediaFacts] | None = None,
    survey: ConsentSurvey | None = None,
) -> Roster:
    if survey is not None:
        source.seek(0)
    roster = open_roster(
        source,
        filename=request.filename,
        settings=request.settings,
        fixed=request.fixed,
        config=config,
        media=media,
        survey=survey,
        chosen_before=request.chosen_before,
        pulse=request.pulse,
    )
    roster.refuse_unfit_message()
    return roster


def _media(source: BinaryIO, request: CheckRequest, config: Settings) -> MediaAnswers:
    """What is known of the campaign's media, for which the whole file may have to be read."""
    if request.ask_media is None or not request.settings.media_check:
        return NO_MEDIA_ASKED
    asked = ask_for_media(lambda: _roster(source, request, config), request.ask_media)
    source.seek(0)
    return asked


def _rates(request: CheckRequest, config: Settings) -> Rates:
    own = request.settings.rate
    return Rates(
        parse_rate(config.effective_account_rate),
        parse_rate(config.effective_sender_rate),
        parse_rate(own) if own else None,
    )


def _result(
    request: CheckRequest,
    config: Settings,
    roster: Roster,
    totals: CheckTotals,
    wait: Wait,
    finish: str | None,
    recurring: tuple[Notice, ...],
) -> CheckResult:
    problems = totals.problems
    cost = Prices(_dollars(config.price_sms), _dollars(config.price_mms)).cost(totals.load)
    return CheckResult(
        rows=totals.rows,
        sendable=totals.sendable,
        duplicates=totals.duplicates,
        opted_out=totals.opted_out if totals.knows_opt_outs else None,
        no_consent=totals.no_consent,
        invalid=dict(problems.by_code.most_common()),
        errors=problems.first,
        errors_total=problems.total,
        headings=tuple(ColumnMeaning(**heading._asdict()) for heading in roster.understood),
        readings=tuple(map(_read_as, roster.readings)),
        mended=len(roster.mends),
        groups=totals.groups,
        segments=totals.load.units,
        longest=totals.longest.found,
        cost_low=cost and cost[0],
        cost_high=cost and cost[1],
        waiting=wait.rows,
        first_at=utc_text(wait.first_ms, "seconds") if totals.sendable else None,
        last_at=utc_text(wait.last_ms, "seconds") if totals.sendable else None,
        finish_at=finish,
        previews=tuple(totals.previews),
        warnings=(
            *_campaign_notices(roster, totals),
            *recurring,
            *waiting_notices(wait),
            *totals.texts.notices(request.settings.message),
            *totals.media.notices(dt.datetime.fromisoformat(finish) if finish else None),
        ),
        media=totals.media.facts,
    )


def _read_as(reading: Reading) -> ReadAs:
    return ReadAs(
        setting=reading.setting,
        value=reading.value,
        why=reading.why,
        samples=reading.samples,
        choices=tuple(Alternative(**choice._asdict()) for choice in reading.choices),
    )


def _dollars(price: float | None) -> Decimal | None:
    return None if price is None else Decimal(str(price))


def _finish_at(wait: Wait, seconds: float) -> str:
    """When the last message is due under the limits in force, and not before the last window opens."""
    first = dt.datetime.fromtimestamp(wait.first_ms / 1000, dt.UTC)
    last = dt.datetime.fromtimestamp(wait.last_ms / 1000, dt.UTC)
    return max(finish_time(first, seconds), finish_time(last, 0)).isoformat().replace("+00:00", "Z")


def _campaign_notices(roster: Roster, totals: CheckTotals) -> Iterator[Notice]:
    if totals.groups:
        yield Notice(
            code="members_see_each_other",
            message=f"{totals.groups} groups: the members of a group see each other's numbers and replies.",
        )
    if not totals.knows_opt_outs:
        yield Notice(
            code="opt_outs_unknown",
            message="Opt-outs are not known here; they are taken out when the campaign is sent.",
        )
    for remark in roster.remarks:
        yield Notice(code=remark.code, message=remark.message)
    for column in roster.overridden:
        yield Notice(
            code="column_overridden",
            message=f"The column {column!r} is not used, because an option outranks it.",
        )
