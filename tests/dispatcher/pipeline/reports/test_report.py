"""The report: a line for every row of the file in its order, fit for a spreadsheet, the contract of its columns."""

from __future__ import annotations

import csv
import io
import random
from typing import Any, cast

import pytest

from dispatcher.errors import NotFound
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.reports._report_lines import COLUMNS
from dispatcher.pipeline.reports.report import write_report
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.dispatcher.pipeline.expansion.test_expand import submitted
from tests.dispatcher.pipeline.reports.row_by_row import batch_lines, csv_text
from tests.factories import (
    CAMPAIGN,
    SID,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_csv,
    make_record,
    number_of,
    record,
    take,
)


def report(runtime: Runtime, campaign_id: str = CAMPAIGN) -> list[dict[str, str]]:
    """The report as a spreadsheet reads it."""
    out = io.StringIO(newline="")
    rows = write_report(runtime.ledger, campaign_id, out)
    out.seek(0)
    lines = list(csv.DictReader(out))
    assert len(lines) == rows
    return lines


def one_taken(runtime: Runtime, *sizes: int, price: str | None = None, sid: str = SID) -> None:
    """A campaign whose first message was taken."""
    add_campaign(runtime.ledger, make_batch(*sizes))
    taken = take(runtime.ledger)
    asked = make_claim(taken)
    claim(runtime.ledger, taken.hold, asked, now_ms=runtime.ledger.agenda.now_ms())
    record(runtime.ledger, taken.hold, make_record(asked, sid=sid, price=price))


def test_the_columns_are_the_contract() -> None:
    assert (
        *("row", "line", "number", "state", "reason", "message_sid", "attempts", "claimed_at", "accepted_at"),
        *("final_at", "price", "cost", "mcc", "mnc"),
    ) == COLUMNS


@pytest.mark.parametrize("settings", [{}, {"group_size": 9}, {"group_by": "name", "message": "Hi"}])
def test_rows_stand_in_the_files_order(runtime: Runtime, settings: dict[str, str]) -> None:
    dice = random.Random(2)
    names = [f"g{row // 4}" for row in range(700)]
    dice.shuffle(names)
    campaign_id = submitted(runtime, make_csv(700, more=lambda row: names[row - 1]), **settings)
    expand(runtime, campaign_id)
    lines = report(runtime, campaign_id)
    assert [line["row"] for line in lines] == [str(row) for row in range(1, 701)]
    assert [line["name"] for line in lines] == names


BECAME = [{"sid": "=SID,()", "price": "0.03"}, {"outcome": "refused", "text": "no, =1"}]
EVIL = ["=1+1", "a,b", 'say "hi"', "two\nlines", "\t=x", "'+1", "Zoë 💜", "\u202eevil", "", "O'Brien"]


@pytest.mark.parametrize("settings", [{}, {"group_size": 4}, {"group_by": "name"}])
def test_the_whole_is_to_the_byte_what_a_row_at_a_time_would_make(
    runtime: Runtime, settings: dict[str, Any]
) -> None:
    rows = [[number_of(row), EVIL[row % len(EVIL)], f"g{row % 97}"] for row in range(1, 401)]
    rows[7::50] = [["12", cells[1], cells[2]] for cells in rows[7::50]]
    rows[9::60] = [[number_of(1), cells[1], cells[2]] for cells in rows[9::60]]
    file = io.StringIO(newline="")
    csv.writer(file).writerows([["phone", "=cell", "name"], *rows])
    campaign_id = submitted(runtime, file.getvalue().encode(), message="Hi", **settings)
    expand(runtime, campaign_id)
    ledger = runtime.ledger
    ledger.batches.offer(campaign_id, window=0, most=0, offer_ms=1)
    one_accepted_one_refused(runtime, campaign_id)
    out = io.StringIO(newline="")
    expected: list[list[object]] = []
    assert write_report(ledger, campaign_id, out) == len(rows)
    texts, sids = ledger.campaigns.texts(campaign_id), ledger.campaigns.long_sids(campaign_id)
    for number in ledger.campaigns.batch_numbers(campaign_id):
        batch, states = ledger.batches.read(campaign_id, [number])[0]
        expected += batch_lines(number, batch, states, texts, sids)
    expected.sort(key=lambda line: cast(int, line[0]))
    heading = [*COLUMNS, "phone", "'=cell", "name"]
    assert out.getvalue() == csv_text(iter([heading, *expected]))
    assert {line[3] for line in expected} >= {"pending", "queued", "rejected", "invalid", "skipped"}


def one_accepted_one_refused(runtime: Runtime, campaign_id: str) -> None:
    """The first two messages of each batch were sent: one is priced, with a sid that is no UUID, the other refused."""
    for number in runtime.ledger.campaigns.batch_numbers(campaign_id):
        taken = take(runtime.ledger, campaign_id, number)
        for message, became in list(enumerate(BECAME))[: len(taken.batch.messages)]:
            asked = make_claim(taken, message)
            answer = claim(runtime.ledger, taken.hold, asked, now_ms=runtime.ledger.agenda.now_ms())
            if answer.word == "go":
                record(runtime.ledger, taken.hold, make_record(asked, **became))


def test_cells_that_would_be_formulas_are_made_harmless(runtime: Runtime) -> None:
    evil = ["=1+1", "+1", "-1", "@x", "fine", "a=b"]
    campaign_id = submitted(runtime, make_csv(6, more=lambda row: evil[row - 1], column="=cmd"), message="Hi")
    expand(runtime, campaign_id)
    lines = report(runtime, campaign_id)
    assert [line["'=cmd"] for line in lines] == ["'=1+1", "'+1", "'-1", "'@x", "fine", "a=b"]


def test_a_cell_comes_back_from_the_report_as_it_was_written(runtime: Runtime) -> None:
    written = ["'=1+1", "''=1+1", "'''@x", "'tis", "''", "'+"]
    campaign_id = submitted(
        runtime, make_csv(6, more=lambda row: written[row - 1], column="''=a"), message="Hi"
    )
    expand(runtime, campaign_id)
    assert [line["''=a"] for line in report(runtime, campaign_id)] == written


def test_what_carrierx_says_makes_no_formula_either(runtime: Runtime) -> None:
    one_taken(runtime, 1, price="=HYPERLINK(1)", sid="=SID()")
    line = report(runtime)[0]
    assert (line["price"], line["message_sid"], line["cost"]) == ("'=HYPERLINK(1)", "'=SID()", "")


@pytest.mark.parametrize(
    ("price", "cost"), [("0.030", "0.01"), ("-0.03", "-0.01"), ("NaN", ""), ("1e400", "")]
)
def test_a_message_has_its_price_once_and_every_row_its_share(
    runtime: Runtime, price: str, cost: str
) -> None:
    one_taken(runtime, 3, price=price)
    lines = report(runtime)
    assert [line["price"] for line in lines] == [price, "", ""]
    assert lines[0]["cost"] == cost


def test_a_row_tells_what_became_of_it(runtime: Runtime) -> None:
    one_taken(runtime, 1, 1)
    receipt = Receipt(0, 0, 1, RecipientState.DELIVERED, "own", SID, mcc="310", mnc="260", price="0.015")
    runtime.ledger.receipts.apply(CAMPAIGN, 0, [receipt], [], grace_ms=0)
    first, second = report(runtime)
    assert {
        name: first[name] for name in ("state", "message_sid", "attempts", "mcc", "mnc", "price", "cost")
    } == {
        "state": "delivered",
        "message_sid": SID,
        "attempts": "1",
        "mcc": "310",
        "mnc": "260",
        "price": "0.015",
        "cost": "0.015",
    }
    assert all(first[name].endswith("Z") for name in ("claimed_at", "accepted_at", "final_at"))
    assert [second[name] for name in ("state", "attempts", "claimed_at", "message_sid")] == [
        "pending",
        "0",
        "",
        "",
    ]


def test_a_claims_token_is_never_taken_for_a_sid(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1, 1))
    taken = take(runtime.ledger)
    for message, outcome in enumerate(["refused", "unknown"]):
        asked = make_claim(taken, message)
        claim(runtime.ledger, taken.hold, asked, now_ms=runtime.ledger.agenda.now_ms())
        record(runtime.ledger, taken.hold, make_record(asked, outcome, text="why"))
    lines = report(runtime)
    assert [line["message_sid"] for line in lines] == ["", "", ""]
    assert [line["accepted_at"] for line in lines] == ["", "", ""]
    assert [line["reason"] for line in lines] == ["why", "why", ""]


def test_invalid_and_skipped_rows_have_their_line_and_code(runtime: Runtime) -> None:
    raw = make_csv(1) + b"12,short\n" + make_csv(1).splitlines()[1] + b"\n"
    campaign_id = submitted(runtime, raw)
    expand(runtime, campaign_id)
    lines = report(runtime, campaign_id)
    assert [(line["line"], line["state"], line["reason"]) for line in lines] == [
        ("2", "pending", ""),
        ("3", "invalid", "too_short"),
        ("4", "skipped", "duplicate"),
    ]


def test_a_heading_like_one_of_ours_is_told_apart(runtime: Runtime) -> None:
    campaign_id = submitted(runtime, make_csv(1, column="State"), message="Hi")
    expand(runtime, campaign_id)
    assert report(runtime, campaign_id)[0]["file_State"] == "name 1"


def test_there_is_no_report_of_nobody(runtime: Runtime) -> None:
    with pytest.raises(NotFound):
        report(runtime, "nobody-abc234")
