"""A batch's lines, made by column, are to the byte those that a row at a time would make."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.ledger.batches.packing import LETTERS, Batch, pack_batch, unpack_batch, unpack_columns
from dispatcher.ledger.batches.rows import (
    EPOCH_MS,
    FLAG_OWN_WORD,
    FLAG_SID_TEXT,
    UNKNOWN_CARRIER,
    unpack_rows,
    unpack_state_columns,
)
from dispatcher.pipeline.reports._report_lines import ReportLines
from tests.dispatcher.ledger.batches.test_packing import any_batch
from tests.dispatcher.pipeline.reports.row_by_row import batch_lines, csv_text
from tests.factories import START_MS, make_batch

#: What reports have trouble with: formulas, guards, separators, breaks, what cannot be seen, half of a surrogate pair.
EVIL = "=+-@'\t\r\n,;\" aé\u00a0\u200d\u202e\x00\x7f\x85\u2028\ufffe\ud800💜"
TEXTS = {1: "Not now", 2: '=HYPERLINK("x"), or', 3: "two\nlines"}
PRICES = ["", "0.0085", "-0.03", "12", "NaN", "1e400", "=1+1", "0,5", '"', "0.0000001", "٣"]
_ROW = struct.Struct("<cBBH5s5s5s16sHH")

evil_texts = st.text(alphabet=EVIL, max_size=6)
good_texts = st.sampled_from(["", "Ann", "Store 7", "O'Brien", "a-b", "ann@example.com", "José"])
times = (st.just(0) | st.integers(START_MS, START_MS + 5_000)).map(
    lambda ms: (ms - EPOCH_MS if ms else 0).to_bytes(5, "little")
)
carriers = st.sampled_from([0, 4, 310, UNKNOWN_CARRIER])
sids = st.just(bytes(16)) | st.binary(min_size=16, max_size=16)
flags = st.sampled_from([0, FLAG_OWN_WORD, FLAG_SID_TEXT, FLAG_OWN_WORD | FLAG_SID_TEXT])
prices = st.sampled_from([price.encode() for price in PRICES]) | st.just(b"\xff1")
fixed = st.builds(
    _ROW.pack,
    st.sampled_from([letter.encode() for letter in LETTERS]),
    *(flags, st.integers(0, 3), st.integers(0, 4), times, times, times, sids, carriers, carriers),
)
changes = st.builds(bytes.__add__, fixed, prices)


@st.composite
def reported(draw: st.DrawFn) -> tuple[Batch, dict[bytes, bytes]]:
    """A batch with all that may stand in it, and whatever may have become of its rows."""
    batch = draw(any_batch())
    width = len(batch.rows[0].cells)
    column = st.sampled_from([good_texts, evil_texts, good_texts | evil_texts])
    columns = [draw(column) for _ in range(width)]
    rows = tuple(row._replace(cells=tuple(draw(texts) for texts in columns)) for row in batch.rows)
    touched = draw(st.lists(st.none() | changes, min_size=len(rows), max_size=len(rows)))
    changed = {b"%d" % index: change for index, change in enumerate(touched) if change is not None}
    return Batch(rows, batch.messages), {b"m": b"the lease", **changed}


def lines_of(batch: Batch, changed: dict[bytes, bytes], long_sids: dict[str, str], number: int = 7) -> str:
    """The lines as the report has them."""
    written = unpack_columns(pack_batch(batch))
    lines = ReportLines(TEXTS, long_sids).of(number, written, unpack_state_columns(written, changed))
    assert len(lines) == len(batch.rows)
    return "".join(f"{line}\r\n" for line in lines)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(reported(), st.dictionaries(st.sampled_from(["7.0", "7.1", "7.2"]), evil_texts))
def test_lines_made_by_column_are_those_made_by_row(
    made: tuple[Batch, dict[bytes, bytes]], long_sids: dict[str, str]
) -> None:
    batch, changed = made
    states = unpack_rows(unpack_batch(pack_batch(batch)), changed)
    assert lines_of(batch, changed, long_sids) == csv_text(batch_lines(7, batch, states, TEXTS, long_sids))


@pytest.mark.parametrize("price", PRICES)
@pytest.mark.parametrize("sizes", [(1, 1, 1), (3,), (2, 1)])
@pytest.mark.parametrize("letter", LETTERS)
def test_every_state_and_price_stands_as_a_row_at_a_time_would_have_it(
    letter: str, sizes: tuple[int, ...], price: str
) -> None:
    batch = make_batch(*sizes, rejected=2)
    at = (START_MS - EPOCH_MS).to_bytes(5, "little")
    value = _ROW.pack(letter.encode(), 0, 1, 2, at, at, at, b"\1" * 16, 310, UNKNOWN_CARRIER) + price.encode()
    changed = {b"0": value, b"2": value}
    expected = csv_text(batch_lines(7, batch, unpack_rows(batch, changed), TEXTS, {}))
    assert lines_of(batch, changed, {}) == expected


def test_a_price_beyond_all_reckoning_stands_and_makes_no_cost() -> None:
    price = b"9" * 40
    value = _ROW.pack(b"d", 0, 1, 0, bytes(5), bytes(5), bytes(5), b"\1" * 16, 310, 260) + price
    line = lines_of(make_batch(1), {b"0": value}, {})
    assert f",{price.decode()},,310,260," in line
