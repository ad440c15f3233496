"""Batches gathered by column are to the byte those that are made of rows and messages."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import pytest

from dispatcher.errors import FileRefused
from dispatcher.ledger.batches.packing import PackedBatch
from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.expansion.batching import batches_of, packed_batches
from dispatcher.pipeline.expansion.grouping import form_messages, messages_in_blocks, rows_of
from dispatcher.roster.roster import Roster
from tests.dispatcher.roster.odd_files import files, odd_file

CAMPAIGNS: tuple[dict[str, Any], ...] = (
    {"message": "Hi {{first_name|there}}"},
    {
        "message": "Hi",
        "senders": ("15162065575", "15162340131"),
        "media_urls": ("https://example.com/a.jpg",),
    },
    {"message": "Hi", "group_size": 3},
)


def opened(data: bytes, settings: CampaignSettings) -> Roster:
    return Roster(
        io.BytesIO(data),
        filename="campaign.csv",
        settings=settings,
        fictional_ok=False,
        max_bytes=1 << 30,
        max_rows=1 << 30,
    )


def assert_alike(data: bytes) -> None:
    """The batches, and the refusal that they end with, are the same both ways."""
    for options in CAMPAIGNS:
        settings = CampaignSettings(**({"senders": ("15162065575",)} | options))
        by_column, by_row = list[Any](), list[Any]()
        try:
            roster = opened(data, settings)
            by_column.extend(
                packed_batches(messages_in_blocks(rows_of(roster, settings), settings), settings)
            )
        except FileRefused as refusal:
            by_column.append(str(refusal))
        try:
            for batch in batches_of(form_messages(opened(data, settings), settings), settings.senders):
                by_row.append((PackedBatch.of(batch), len(batch.rows)))
        except FileRefused as refusal:
            by_row.append(str(refusal))
        assert by_column == by_row, (data[:2000], options)


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_every_file_of_the_corpus_becomes_the_same_batches(path: Path) -> None:
    if path.suffix not in {".xlsx", ".xls", ".ods"}:
        assert_alike(path.read_bytes())


@pytest.mark.parametrize("seed", range(20))
def test_a_file_with_a_few_odd_rows_becomes_the_same_batches(seed: int) -> None:
    dice = random.Random(seed)
    assert_alike(odd_file(dice, dice.choice((99, 100, 101, 400, 2500))))


def test_a_batch_is_packed_when_it_is_full_and_the_last_one_at_the_end() -> None:
    settings = CampaignSettings(senders=("15162065575",), message="Hi")
    rows = "".join(f"1212234{row:04}\n" for row in range(250))
    roster = opened(f"to\n{rows}".encode(), settings)
    made = packed_batches(messages_in_blocks(rows_of(roster, settings), settings), settings)
    assert [size for _, size in made] == [100, 100, 50]
