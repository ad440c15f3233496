"""From rows to messages: singles, groups by size, groups by a column."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.message import ComposedMessage
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.pipeline.expansion.grouping import form_messages

SENDER = "15165550199"


def recipient(row: int, **fields: Any) -> Recipient:
    plain = {"number": f"1212555{100 + row:04}", "sender": None, "text": "Hi", "media": (), "timezone": None}
    values = plain | {"group": None, "cells": (str(row),)} | fields
    return Recipient(row=row, line=row + 1, **values)


def rejected(row: int) -> InvalidRow:
    return InvalidRow(row, row + 1, "invalid", "to", "too_short", "…", None, (str(row),))


def formed(rows: Sequence[Recipient | InvalidRow], **settings: Any) -> list[list[int] | tuple[int, str]]:
    """A message as the list of its rows, an invalid row as (row, code)."""
    items = form_messages(rows, CampaignSettings(**({"senders": (SENDER,)} | settings)))
    return [
        [member.row for member in item.members]
        if isinstance(item, ComposedMessage)
        else (item.row, item.code)
        for item in items
    ]


def test_without_groups_every_recipient_is_a_message_in_the_files_order() -> None:
    assert formed([recipient(1), rejected(2), recipient(3)]) == [[1], (2, "too_short"), [3]]


def test_messages_are_formed_while_the_file_is_still_read() -> None:
    read = []

    def rows() -> Any:
        for row in range(1, 4):
            read.append(row)
            yield recipient(row)

    next(form_messages(rows(), CampaignSettings(senders=(SENDER,))))
    assert read == [1]


def test_a_draft_has_the_sender_text_and_media_of_its_rows() -> None:
    row = recipient(1, sender="15165550198", text=None, media=("https://example.com/a.jpg",))
    (message,) = form_messages([row], CampaignSettings(senders=(SENDER,)))
    assert message == ComposedMessage((row,), "15165550198", None, ("https://example.com/a.jpg",))


def test_the_senders_own_number_is_taken_out_of_singles_and_groups() -> None:
    own = recipient(2, number=SENDER)
    assert formed([recipient(1), own, recipient(3)]) == [[1], (2, "own_number"), [3]]
    assert formed([recipient(1), own, recipient(3)], group_size=2) == [(2, "own_number"), [1, 3]]


def test_a_rows_own_sender_decides_whether_the_number_is_its_own() -> None:
    other = "15165550198"
    assert formed([recipient(1, number=SENDER, sender=other), recipient(2, number=other, sender=other)]) == [
        [1],
        (2, "own_number"),
    ]


def test_a_group_by_size_takes_the_next_sendable_rows() -> None:
    rows: list[Recipient | InvalidRow] = [
        recipient(1),
        rejected(2),
        recipient(3),
        recipient(4),
        recipient(5),
    ]
    assert formed(rows, group_size=2) == [(2, "too_short"), [1, 3], [4, 5]]


def test_what_is_left_over_is_a_smaller_group_or_a_single() -> None:
    assert formed([recipient(row) for row in range(1, 6)], group_size=3) == [[1, 2, 3], [4, 5]]
    assert formed([recipient(row) for row in range(1, 4)], group_size=2) == [[1, 2], [3]]


def test_a_row_that_differs_from_its_groups_first_is_rejected_with_what_differs() -> None:
    rows: list[Recipient | InvalidRow] = [
        recipient(1),
        recipient(2, text="Hello"),
        recipient(3, sender="15165550198"),
        recipient(4),
    ]
    assert formed(rows, group_size=2) == [(2, "group_differs"), (3, "group_differs"), [1, 4]]
    differing = next(iter(form_messages(rows, CampaignSettings(senders=(SENDER,), group_size=2))))
    assert isinstance(differing, InvalidRow)
    assert "text" in differing.message
    assert "line 2" in differing.message


def test_a_group_by_column_gathers_its_members_from_anywhere_in_the_file() -> None:
    rows: list[Recipient | InvalidRow] = [
        recipient(1, group="Lee"),
        recipient(2, group="Ray"),
        rejected(3),
        recipient(4, group="Lee"),
        recipient(5, group="Ray"),
        recipient(6, group="Kim"),
    ]
    assert formed(rows, group_by="household") == [(3, "too_short"), [1, 4], [2, 5], [6]]


def test_a_row_without_a_group_is_rejected() -> None:
    assert formed([recipient(1, group=""), recipient(2, group="Lee")], group_by="household") == [
        (1, "no_group"),
        [2],
    ]


def test_a_group_of_ten_is_rejected_whole_and_never_split() -> None:
    rows: list[Recipient | InvalidRow] = [recipient(row, group="Choir") for row in range(1, 11)]
    assert formed(rows, group_by="household") == [(row, "group_too_large") for row in range(1, 11)]
    assert formed(rows[:9], group_by="household") == [list(range(1, 10))]


def test_groups_come_in_the_order_in_which_they_are_complete() -> None:
    rows = [recipient(row, group=group) for row, group in enumerate("ABCABDC", 1)]
    assert formed(rows, group_by="household") == [[1, 4], [2, 5], [6], [3, 7]]


def test_many_groups_are_gathered_as_a_dict_would() -> None:
    dice = random.Random(1)
    rows = [recipient(row, group=f"house {dice.randrange(3000)}") for row in range(1, 9001)]
    plain: dict[str | None, list[int]] = {}
    for row in rows:
        plain.setdefault(row.group, []).append(row.row)
    whole = sorted((group for group in plain.values() if len(group) <= 9), key=lambda group: group[-1])
    items = formed(rows, group_by="household")
    assert [item for item in items if isinstance(item, list)] == whole
    too_large = sorted(row for group in plain.values() if len(group) > 9 for row in group)
    assert [item for item in items if isinstance(item, tuple)] == [
        (row, "group_too_large") for row in too_large
    ]


def test_a_gathered_group_comes_back_as_it_was_read() -> None:
    rows = [
        recipient(
            row, group="Lee", text="Hi ✓", media=("https://example.com/a.jpg",), timezone="America/Denver"
        )
        for row in (1, 2)
    ]
    (message,) = form_messages(rows, CampaignSettings(senders=(SENDER,), group_by="household"))
    assert isinstance(message, ComposedMessage)
    assert list(message.members) == rows
