"""The nouns: frozen, their repr without numbers and texts, the states in one order."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from pydantic import ValidationError

from dispatcher.model.campaign import LATER_SETTINGS, CampaignSettings
from dispatcher.model.message import ComposedMessage, Outgoing
from dispatcher.model.recipient import masked
from dispatcher.model.state import (
    CODE_STATE,
    FINAL,
    SETTLING,
    STATE_CODE,
    UNFINISHED,
    WORD_RANK,
    RecipientState,
)
from tests.factories import SENDER, make_batch, make_invalid_row, make_recipient

NUMBER = "15162065574"


def test_every_state_is_unfinished_settling_or_final() -> None:
    assert frozenset(RecipientState) == UNFINISHED | SETTLING | FINAL
    assert len(UNFINISHED) + len(SETTLING) + len(FINAL) == len(RecipientState)


def test_every_state_has_a_letter_of_its_own() -> None:
    assert {CODE_STATE[letter] for letter in STATE_CODE.values()} == set(RecipientState)


def test_carrierxs_words_have_one_total_order() -> None:
    assert sorted(WORD_RANK, key=lambda word: WORD_RANK[word]) == ["queued", "sent", "failed", "delivered"]


@pytest.mark.parametrize(
    "noun",
    [
        make_recipient(number=NUMBER, text="secret text", cells=(NUMBER, "Ann")),
        make_invalid_row(number=NUMBER, cells=(NUMBER, "Ann"), message="Ann's"),
        ComposedMessage(
            (make_recipient(number=NUMBER, text="secret text", cells=("Ann",)),), NUMBER, "secret text", ()
        ),
        Outgoing(NUMBER, (NUMBER,), "secret text", (), "ref"),
        make_batch().rows[0]._replace(number=NUMBER, cells=("Ann",)),
        make_batch(text="secret text").messages[0]._replace(sender=NUMBER),
    ],
    ids=lambda noun: type(noun).__name__,
)
def test_a_repr_tells_no_number_and_no_text(noun: object) -> None:
    shown = repr(noun)
    assert NUMBER not in shown
    assert "secret" not in shown
    assert "Ann" not in shown


def test_masked_numbers_keep_two_digits() -> None:
    assert (masked(NUMBER), masked("1234")) == ("***74", "***")


def test_what_is_sent_cannot_be_changed() -> None:
    outgoing = Outgoing(SENDER, (NUMBER,), None, (), "ref")
    with pytest.raises(FrozenInstanceError):
        outgoing.text = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("to", "media", "group", "mms"),
    [((NUMBER,), (), False, False), ((NUMBER,), ("u",), False, True), ((NUMBER, SENDER), (), True, True)],
)
def test_a_message_knows_its_kind(
    to: tuple[str, ...], media: tuple[str, ...], group: bool, mms: bool
) -> None:
    outgoing = Outgoing(SENDER, to, "Hi", media, "ref")
    assert (outgoing.is_group, outgoing.is_mms) == (group, mms)


@pytest.mark.parametrize("wrong", [{"group_size": 1}, {"group_size": 10}, {"unknown": 1}, {"name": " "}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CampaignSettings.model_validate(wrong)


def test_settings_that_came_later_are_written_only_where_they_are_set() -> None:
    plain = CampaignSettings(senders=("15165550199",))
    assert not LATER_SETTINGS & plain.model_dump().keys()
    told = plain.model_copy(update={"to": "cell", "hidden_rows": True})
    assert told.model_dump().keys() & LATER_SETTINGS == {"to", "hidden_rows"}
    assert CampaignSettings.model_validate_json(told.model_dump_json(by_alias=True)) == told
