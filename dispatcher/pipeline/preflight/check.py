"""The preflight: everything that can be said about a campaign before a single message leaves."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import BinaryIO, Literal, TextIO

from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import AskMedia, MediaFacts
from dispatcher.model.message import Draft
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.model.segments import encoding_of, segments
from dispatcher.pipeline.campaigns.media_check import NOTHING_ASKED, Asked, ask_for_media
from dispatcher.pipeline.campaigns.send_constraints import require_terms
from dispatcher.pipeline.estimates.forecast import Load, Prices, Rates, finish_time
from dispatcher.pipeline.expansion.grouping import form_messages
from dispatcher.pipeline.preflight._send_times import Timing, Wait, iso, timing_notices
from dispatcher.pipeline.preflight._warnings import MediaNotices, Notice, TextNotices
from dispatcher.pipeline.preflight.recurrence import first_occurrence, recurrence_notices
from dispatcher.pipeline.preflight.result import CheckResult, ColumnMeaning, Preview, RowProblem
from dispatcher.roster.bad_rows import MendableRows
from dispatcher.roster.roster import Roster
from dispatcher.rules.rates import Rate, parse_rate
from dispatcher.rules.send_window import Departure

_ERRORS_SHOWN = 50
_PREVIEWS = 3


class _Tally:
    """Counts drafts and rejected rows as they pass."""

    def __init__(
        self,
        opted_out: Callable[[str], bool] | None,
        mendable: MendableRows | None,
        media: Asked,
        timing: Timing,
    ) -> None:
        self.timing = timing
        self._is_opted_out = opted_out
        self._mendable = mendable
        self.sendable = self.duplicates = self.opted_out = self.groups = 0
        self.invalid: Counter[str] = Counter()
        self.errors: list[RowProblem] = []
        self.load = Load()
        self.previews: list[Preview] = []
        self.texts = TextNotices()
        self.media = MediaNotices(media.facts, complete=media.complete)

    @property
    def knows_opt_outs(self) -> bool:
        return self._is_opted_out is not None

    @property
    def errors_total(self) -> int:
        return self.invalid.total()

    def reject(self, row: InvalidRow) -> None:
        if row.state == "skipped":
            self.duplicates += 1
            return
        self.invalid[row.code] += 1
        if len(self.errors) < _ERRORS_SHOWN:
            self.errors.append(
                RowProblem(line=row.line, column=row.column, code=row.code, message=row.message)
            )
        if self._mendable:
            self._mendable.write(row)

    def accept(self, draft: Draft) -> None:
        if self._is_opted_out:
            draft = draft._replace(members=tuple(self._willing(draft, self._is_opted_out)))
        legs = len(draft.members)
        if not legs:
            return
        self.sendable += legs
        self.groups += legs > 1
        self.timing.add(draft)
        units = self._add_load(draft, legs)
        self.texts.look_at(draft, units)
        if draft.media:
            self.media.look_at(draft)
        if len(self.previews) < _PREVIEWS:
            self.previews.append(_preview(draft, units))

    def _willing(self, draft: Draft, opted_out: Callable[[str], bool]) -> Iterator[Recipient]:
        for member in draft.members:
            if opted_out(member.number):
                self.opted_out += 1
            else:
                yield member

    def _add_load(self, draft: Draft, legs: int) -> int:
        load = self.load
        if legs > 1 or draft.media:
            units = legs
            load.mms_messages += 1
            load.mms_legs += legs
        else:
            units = segments(draft.text or "")
            load.sms_segments += units
        load.by_sender[draft.sender] += units
        return units


def check(
    source: BinaryIO,
    *,
    filename: str,
    settings: CampaignSettings,
    fixed: frozenset[str] = frozenset(),
    fictional_ok: bool,
    account_rate: Rate,
    sender_rate: Rate,
    price_sms: Decimal | float | None,
    price_mms: Decimal | float | None,
    max_bytes: int,
    max_rows: int,
    now: dt.datetime,
    opted_out: Callable[[str], bool] | None = None,
    errors_to: TextIO | None = None,
    media: AskMedia | None = None,
    hours_margin: float = 600,
    pulse: Callable[[], None] = lambda: None,
    every: str | None = None,
) -> CheckResult:
    """Read a campaign file as a submit would: what would be sent, to how many, until when, for how much.

    `fixed` names the settings that came from options. `opted_out` tells whether a number opted out; without
    it that stays unknown. `errors_to` receives every invalid row as a CSV that can be mended and submitted.
    `media` asks for media addresses when the settings want that; then `source` is rewound. `hours_margin` is how
    many seconds before their end allowed hours close. With `every`, a calendar line, it is the first occurrence that is
    looked at. `pulse` is called now and then; what it raises ends the reading.

    Raises:
        FileRefused: the file as a whole cannot be used.
        InputError: a setting is one that a submit refuses.
    """
    require_terms(settings, price_sms, price_mms, int(now.timestamp() * 1000))
    recurring = tuple(recurrence_notices(every, now)) if every else ()
    begins = first_occurrence(settings, every, now) if every else None

    def open_roster(facts: Mapping[str, MediaFacts] | None = None) -> Roster:
        return Roster(
            source,
            filename=filename,
            settings=settings,
            fictional_ok=fictional_ok,
            max_bytes=max_bytes,
            max_rows=max_rows,
            fixed=fixed,
            media=facts,
            pulse=pulse,
        )

    asked = NOTHING_ASKED
    if media and settings.media_check:
        asked = ask_for_media(open_roster, media)
        source.seek(0)
    roster = open_roster(asked.facts)
    departure = Departure(settings.quiet_hours, settings.at, hours_margin)
    mendable = MendableRows(errors_to, roster.columns) if errors_to else None
    tally = _Tally(opted_out, mendable, asked, Timing(departure))
    for item in form_messages(roster, settings):
        if isinstance(item, InvalidRow):
            tally.reject(item)
        else:
            tally.accept(item)
    rates = Rates(account_rate, sender_rate, parse_rate(settings.rate) if settings.rate else None)
    cost = Prices(_dollars(price_sms), _dollars(price_mms)).cost(tally.load)
    start = max(now, begins or departure.begins or now)
    wait = tally.timing.wait(int(start.timestamp() * 1000))
    seconds = rates.seconds(tally.load, settings.senders)
    return _result(
        roster, settings, tally, media=asked.facts, cost=cost, wait=wait, seconds=seconds, recurring=recurring
    )


def _result(
    roster: Roster,
    settings: CampaignSettings,
    tally: _Tally,
    *,
    media: Mapping[str, MediaFacts],
    cost: tuple[Decimal, Decimal] | None,
    wait: Wait,
    seconds: float,
    recurring: tuple[Notice, ...],
) -> CheckResult:
    finish = _finish_at(wait, seconds) if tally.sendable else None
    return CheckResult(
        rows=tally.sendable + tally.duplicates + tally.opted_out + tally.errors_total,
        sendable=tally.sendable,
        duplicates=tally.duplicates,
        opted_out=tally.opted_out if tally.knows_opt_outs else None,
        invalid=dict(tally.invalid.most_common()),
        errors=tuple(sorted(tally.errors, key=lambda error: error.line)),
        errors_total=tally.errors_total,
        headings=tuple(ColumnMeaning(**heading._asdict()) for heading in roster.understood),
        groups=tally.groups,
        segments=tally.load.units,
        cost_low=cost and cost[0],
        cost_high=cost and cost[1],
        waiting=wait.rows,
        first_at=iso(wait.first_ms) if tally.sendable else None,
        last_at=iso(wait.last_ms) if tally.sendable else None,
        finish_at=finish,
        previews=tuple(tally.previews),
        warnings=(
            *_campaign_notices(roster, tally),
            *recurring,
            *timing_notices(wait),
            *tally.texts.notices(settings.message),
            *tally.media.notices(dt.datetime.fromisoformat(finish) if finish else None),
        ),
        media=media,
    )


def _dollars(price: Decimal | float | None) -> Decimal | None:
    return None if price is None else Decimal(str(price))


def _preview(draft: Draft, units: int) -> Preview:
    first, legs = draft.members[0], len(draft.members)
    kind: Literal["sms", "mms", "group"] = "group" if legs > 1 else "mms" if draft.media else "sms"
    return Preview(
        row=first.row,
        line=first.line,
        recipients=legs,
        kind=kind,
        text=draft.text,
        media=draft.media,
        segments=units if kind == "sms" else 1,
        encoding=encoding_of(draft.text or "") if kind == "sms" else None,
    )


def _finish_at(wait: Wait, seconds: float) -> str:
    """When the last message is due under the limits in force, and not before the last window opens."""
    first = dt.datetime.fromtimestamp(wait.first_ms / 1000, dt.UTC)
    last = dt.datetime.fromtimestamp(wait.last_ms / 1000, dt.UTC)
    return max(finish_time(first, seconds), finish_time(last, 0)).isoformat().replace("+00:00", "Z")


def _campaign_notices(roster: Roster, tally: _Tally) -> Iterator[Notice]:
    if tally.groups:
        yield Notice(
            code="members_see_each_other",
            message=f"{tally.groups} groups: the members of a group see each other's numbers and replies.",
        )
    if not tally.knows_opt_outs:
        yield Notice(
            code="opt_outs_unknown",
            message="Opt-outs are not known here; they are taken out when the campaign is sent.",
        )
    for column in roster.overridden:
        yield Notice(
            code="column_overridden",
            message=f"The column {column!r} is not used, because an option outranks it.",
        )
