"""Looking for a number: marks say which batches are opened at all."""

from __future__ import annotations

from dispatcher.ledger.batches.packing import MARK_BYTES, mark_of
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.views.recipient_pages import RecipientPages
from tests.factories import add_campaign, make_batch, number_of


def holding(ledger: Ledger, campaign_id: str, row: int, since: int = 0) -> list[int]:
    """Batches that hold this row's number."""
    pages = RecipientPages(ledger, campaign_id)
    return [batch for batch, holds in pages.holding(number_of(row), since) if holds]


def test_every_number_is_found_in_its_batch_and_nowhere_else(ledger: Ledger) -> None:
    batches = [make_batch(*[1] * 40, rejected=3, first_row=1 + 43 * n) for n in range(9)]
    campaign_id = add_campaign(ledger, *batches)
    for n in range(9):
        for row in range(1 + 43 * n, 41 + 43 * n):
            assert holding(ledger, campaign_id, row) == [n]
    assert holding(ledger, campaign_id, 5_000) == []


def test_a_search_opens_few_batches_besides_the_one_that_holds_the_number(ledger: Ledger) -> None:
    batches = [make_batch(*[1] * 100, first_row=1 + 100 * n) for n in range(60)]
    campaign_id = add_campaign(ledger, *batches)
    looked_into = list(RecipientPages(ledger, campaign_id).holding(number_of(5_950)))
    assert (59, True) in looked_into
    assert len(looked_into) < 5


def test_a_search_goes_on_where_the_one_before_ended(ledger: Ledger) -> None:
    batches = [make_batch(1, 1, first_row=1) for _ in range(4)]
    campaign_id = add_campaign(ledger, *batches)
    assert holding(ledger, campaign_id, 1) == [0, 1, 2, 3]
    assert holding(ledger, campaign_id, 1, since=2) == [2, 3]


def test_a_batch_with_more_rows_than_have_room_is_always_looked_into(ledger: Ledger) -> None:
    campaign_id = add_campaign(ledger, make_batch(*[1] * 120), make_batch(1, first_row=300))
    assert holding(ledger, campaign_id, 120) == [0]
    assert holding(ledger, campaign_id, 300) == [1]


def test_a_campaign_without_marks_is_searched_as_a_whole(ledger: Ledger) -> None:
    campaign_id = add_campaign(ledger, make_batch(1, 1), make_batch(1, first_row=9))
    ledger.redis.delete(keys.marks(campaign_id))
    assert holding(ledger, campaign_id, 9) == [1]


def test_marks_take_two_bytes_a_row(ledger: Ledger) -> None:
    campaign_id = add_campaign(ledger, make_batch(*[1] * 100), make_batch(*[1] * 100, first_row=101))
    assert ledger.redis.strlen(keys.marks(campaign_id)) == 2 * MARK_BYTES == 400
    assert {mark_of(number_of(row)) for row in range(999)}.isdisjoint({b"\0\0", b"\xff\xff"})
