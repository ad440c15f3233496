"""The numbers on a page are the ledger's: after every step, in every refresh, and while rows move."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from redis import Redis

from dispatcher.ledger.batches.claims import TakenBatch
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.model.state import RecipientState
from tests.dispatcher.web.conftest import TOKEN
from tests.factories import CAMPAIGN, add_campaign, claim, make_batch, make_claim, make_record, record, take

pytestmark = pytest.mark.slow

ROWS = 40
_LIVE = re.compile(r'data-live="count-(\w+)"[^>]*>([\d,]+)<')


@pytest.fixture
def ledger(redis: Redis, address: str) -> Ledger:
    """The application's ledger, with a campaign of 40 rows."""
    ledger = Ledger(redis)
    add_campaign(ledger, make_batch(*[1] * ROWS))
    return ledger


def step(ledger: Ledger, taken: TakenBatch, message: int) -> None:
    """One message comes to the ending that is its turn: delivered, failed, refused, lost, or still on its way."""
    claimed = make_claim(taken, message)
    claim(ledger, taken.hold, claimed, now_ms=ledger.agenda.now_ms())
    ending = ("delivered", "failed", "refused", "unknown", "sending")[message % 5]
    if ending in {"refused", "unknown"}:
        record(ledger, taken.hold, make_record(claimed, ending, text="busy"))
    elif ending != "sending":
        record(ledger, taken.hold, make_record(claimed, sid=f"sid {message}"))
        word = RecipientState(ending)
        ledger.receipts.apply(CAMPAIGN, 0, [Receipt(message, message, 1, word)], [], grace_ms=0)


def of_ledger(ledger: Ledger) -> dict[str, int]:
    return {state.value: number for state, number in ledger.campaign(CAMPAIGN).counts.items()}


def of_page(text: str) -> dict[str, int]:
    return {state: int(number.replace(",", "")) for state, number in _LIVE.findall(text)}


def of_events(lines: Iterator[str]) -> dict[str, int]:
    """The next refresh of an open page."""
    data = next(line.removeprefix("data: ") for line in lines if line.startswith("data: ["))
    texts = json.loads(data)[0]["texts"]
    counts = {name: value for name, value in texts.items() if name.startswith("count-")}
    return {name.removeprefix("count-"): int(value.replace(",", "")) for name, value in counts.items()}


def test_page_api_report_and_table_say_what_the_ledger_says_after_every_step(
    operator: httpx.Client, ledger: Ledger
) -> None:
    taken = take(ledger)
    for message in range(ROWS):
        step(ledger, taken, message)
        counts = of_ledger(ledger)
        assert of_page(operator.get(f"/campaigns/{CAMPAIGN}").text) == counts
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        assert operator.get(f"/api/v1/campaigns/{CAMPAIGN}", headers=bearer).json()["counts"] == counts
        assert sum(counts.values()) == ROWS
    report = operator.get(f"/campaigns/{CAMPAIGN}/report").text
    said = Counter(line["state"] for line in csv.DictReader(io.StringIO(report)))
    assert dict(said) == {state: number for state, number in of_ledger(ledger).items() if number}


def test_every_refresh_of_an_open_page_says_what_the_ledger_says(
    operator: httpx.Client, ledger: Ledger
) -> None:
    taken = take(ledger)
    with operator.stream("GET", f"/campaigns/{CAMPAIGN}/events") as stream:
        lines = stream.iter_lines()
        for message in range(4):
            assert of_events(lines) == of_ledger(ledger)
            step(ledger, taken, message)


def test_while_rows_move_every_page_adds_up_to_the_rows_of_the_file(
    operator: httpx.Client, ledger: Ledger
) -> None:
    taken = take(ledger)

    def move() -> None:
        for message in range(ROWS):
            step(ledger, taken, message)

    moving = threading.Thread(target=move)
    moving.start()
    sums: set[int] = set()
    while moving.is_alive() or not sums:
        sums.add(sum(of_page(operator.get(f"/campaigns/{CAMPAIGN}").text).values()))
    moving.join()
    assert sums == {ROWS}
