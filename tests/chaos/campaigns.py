"""Campaign files of the kit: numbers that no other row of the round has, and a few rows that cannot be sent."""

from __future__ import annotations

import csv
import io
import itertools

from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.settings import Settings
from tests.chaos.history import FileRow
from tests.chaos.plan import Plan

SENDERS = ("15162065575", "15162065576", "15162065577")
MEDIA = "https://media.example.com/picture.jpg"
#: Every so many rows there is one that cannot be sent.
BAD_EVERY = 50


class Numbers:
    """Hands out numbers, none of them twice: exchanges 207 to 209 and 220 to 299 of one area code."""

    def __init__(self) -> None:
        exchanges = [*range(207, 211), *range(220, 300)]
        self._numbers = (f"1516{nxx}{line:04d}" for nxx, line in itertools.product(exchanges, range(10_000)))

    def next(self) -> str:
        """A number that was not handed out before."""
        return next(self._numbers)


def make_rows(plan: Plan, numbers: Numbers) -> tuple[FileRow, ...]:
    """The file's rows: fresh numbers, and now and then one that is no number, or repeats the row before."""
    rows: list[FileRow] = []
    for index in range(plan.rows):
        if index % BAD_EVERY == BAD_EVERY - 1:
            rows.append(FileRow("12" if index % (2 * BAD_EVERY) else rows[-1].number, sendable=False))
        else:
            rows.append(FileRow(numbers.next()))
    return tuple(rows)


def as_file(rows: tuple[FileRow, ...]) -> bytes:
    """The CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["phone", "first_name"])
    writer.writerows([row.number, f"Name{index}"] for index, row in enumerate(rows))
    return text.getvalue().encode()


def settings_of(plan: Plan) -> CampaignSettings:
    """The campaign's settings, as `mms campaign submit` would make them."""
    return CampaignSettings(
        name=f"seed-{plan.seed}",
        senders=SENDERS[: plan.senders],
        message="To all of you" if plan.group_size > 1 else "Hi {{first_name}}",
        media_urls=(MEDIA,) if plan.media else (),
        group_size=plan.group_size if plan.group_size > 1 else None,
        rate=f"{plan.rate:.0f}/s",
        media_check=False,
        quiet_hours="off",
        expires_after=f"{plan.expires}s" if plan.expires else None,
    )


def submit_plan(ledger: Ledger, plan: Plan, rows: tuple[FileRow, ...], config: Settings) -> str:
    """Submit the plan's campaign; answers its id.

    Raises:
        StoreUnavailable: Redis does not answer; the campaign may have been made or not.
    """
    fixed = frozenset({"senders", "message", "media_urls", "group_size", "rate"})
    return submit(
        ledger,
        io.BytesIO(as_file(rows)),
        filename="chaos.csv",
        settings=settings_of(plan),
        fixed=fixed,
        config=config,
    )
