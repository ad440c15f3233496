"""`mms campaign watch`: fixed columns, and until when it waits."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from dispatcher.cli.campaign._status_lines import HEADINGS, StatusLine, in_hours
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.estimates.opening_hours import Opening, waits_for_hours
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.settings import Settings
from tests.dispatcher.cli.worker import working
from tests.factories import add_campaign, make_batch
from tests.mms import Mms

OURS = "15162065575"
CONFIG = Settings(hours_margin=600)


def ms(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp() * 1000)


#: Row numbers of the factories have area code 2xx: 212 is New York, 213 Los Angeles.
NEW_YORK, LOS_ANGELES = 1200, 1300
NIGHT = ms("2026-06-10T03:00:00-04:00")


def test_at_night_it_waits_until_the_first_place_may_be_written_to_on_that_places_clock(
    ledger: Ledger,
) -> None:
    batch = make_batch(1, 1, first_row=LOS_ANGELES), make_batch(1, first_row=NEW_YORK)
    campaign = ledger.campaign(add_campaign(ledger, *batch, quiet_hours="us-strict"))
    opening = waits_for_hours(ledger, campaign, NIGHT, CONFIG)
    assert opening == Opening(ms("2026-06-10T08:00:00-04:00"), "America/New_York")
    assert opening.in_words(NIGHT) == "8:00 AM New York"
    line = StatusLine(campaign, None, None, opening.in_words(NIGHT))
    assert line.why == "waits until 8:00 AM New York; Ctrl-C is safe"


def test_it_does_not_wait_while_somebody_may_be_written_to(ledger: Ledger) -> None:
    campaign = ledger.campaign(add_campaign(ledger, make_batch(1, first_row=NEW_YORK), quiet_hours="federal"))
    assert waits_for_hours(ledger, campaign, ms("2026-06-10T12:00:00-04:00"), CONFIG) is None
    at_any_hour = ledger.campaign(add_campaign(ledger, id="any"))
    assert waits_for_hours(ledger, at_any_hour, NIGHT, CONFIG) is None


def test_a_wait_of_more_than_a_day_names_the_day() -> None:
    opening = Opening(ms("2026-06-15T13:30:00-04:00"), "America/New_York")
    assert opening.in_words(NIGHT) == "Monday 1:30 PM New York"


def test_every_column_stays_where_its_heading_is(ledger: Ledger) -> None:
    campaign = ledger.campaign(add_campaign(ledger))
    counts = {**campaign.counts, RecipientState.DELIVERED: 1_234_567, RecipientState.REJECTED: 2}
    for line in (
        StatusLine(campaign, None, None, None),
        StatusLine(campaign.model_copy(update={"rows": 10_000_000, "counts": counts}), 4500.25, 90_061, None),
    ):
        assert [len(column) for column in line.columns] == [len(heading) for heading in HEADINGS]
    assert [column.strip() for column in line.columns][2:] == ["1234567", "2", "4500.2/s", "25:01:01"]
    assert in_hours(-3) == "0:00:00"


@pytest.mark.slow
def test_watching_without_a_terminal_says_a_line_with_headings(
    mms: Mms, runtime: Runtime, tmp_path: Path
) -> None:
    file = tmp_path / "spring.csv"
    file.write_text("to\n12125550101\n")
    given = ("--from", OURS, "--message", "Acme: hi. Reply STOP", "--quiet-hours", "off")
    campaign_id = mms("campaign", "submit", str(file), *given).out.strip()
    with working(runtime):
        said = mms("campaign", "watch", campaign_id)
    assert said.status == 0
    heading, line = said.err.splitlines()[:2]
    assert heading.split() == " ".join(HEADINGS).split()
    assert line[len(heading) :].startswith("  ")
