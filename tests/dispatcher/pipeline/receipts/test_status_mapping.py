"""What one status of CarrierX says of each row of its message."""

from __future__ import annotations

from typing import Any

import pytest

from dispatcher.ledger.views.message_locator import MessageLocation
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.receipts.status_mapping import receipts_of, state_of
from tests.factories import CAMPAIGN, SENDER, SID, number_of

ONE = MessageLocation(CAMPAIGN, 0, 4, ((7, number_of(1)),))
GROUP = MessageLocation(CAMPAIGN, 0, 4, tuple((7 + row, number_of(1 + row)) for row in range(3)))


def status(word: str = "delivered", **changes: Any) -> MessageStatus:
    """A status of the first number's message."""
    nothing: dict[str, Any] = dict.fromkeys(MessageStatus.__dataclass_fields__)
    known = {
        "message_sid": SID,
        "status": word,
        "direction": "outbound",
        "sender": SENDER,
        "to": number_of(1),
    }
    return MessageStatus(**{**nothing, "group": (), "media": (), **known, **changes})


def said(found: list[Any]) -> list[tuple[int, str, str]]:
    """Row, word and how, of each receipt."""
    return [(receipt.row, receipt.word.value, receipt.how) for receipt in found]


@pytest.mark.parametrize("word", ["queued", "sent", "failed", "delivered"])
def test_a_word_of_carrierx_is_a_state(word: str) -> None:
    assert state_of(word) is RecipientState(word)
    assert said(receipts_of(status(word), ONE, 1)) == [(7, word, "own")]


@pytest.mark.parametrize("word", ["received", "pending", "rejected", "", "cancelled"])
def test_any_other_word_proves_only_that_it_was_taken(word: str) -> None:
    assert state_of(word) is None
    assert said(receipts_of(status(word), ONE, 1)) == [(7, "queued", "own")]


def test_a_group_is_spoken_of_member_by_member() -> None:
    found = receipts_of(status(to=number_of(2)), GROUP, 1)
    assert said(found) == [(8, "delivered", "own"), (7, "queued", "shared"), (9, "queued", "shared")]


def test_a_group_without_a_number_was_taken_and_no_more() -> None:
    assert {said([receipt])[0][1:] for receipt in receipts_of(status(to=None), GROUP, 1)} == {
        ("queued", "shared")
    }


@pytest.mark.parametrize("location", [ONE, GROUP])
def test_a_stranger_is_not_spoken_of(location: MessageLocation) -> None:
    assert receipts_of(status(to=number_of(50)), location, 1) == []


@pytest.mark.parametrize("location", [ONE, GROUP])
def test_without_a_mac_and_a_number_nothing_is_believed(location: MessageLocation) -> None:
    assert receipts_of(status(to=None), location, 0) == []
