"""Packed batches come back as they were, and their counts add up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.ledger.batches.packing import LETTERS, Batch, BatchMessage, BatchRow, pack_batch, unpack_batch
from dispatcher.model.recipient import InvalidRow
from dispatcher.model.state import STATE_CODE, RecipientState

texts = st.text(max_size=12)
any_text = st.text(alphabet=st.characters(), max_size=12) | st.just("\ud800")
numbers = st.from_regex(r"1[2-9][0-9]{9}", fullmatch=True)


@st.composite
def any_batch(draw: st.DrawFn) -> Batch:
    """Rows of one width, in the file's order, each in at most one message."""
    width = draw(st.integers(0, 3))
    cells = st.tuples(*[any_text] * width)
    rows: list[BatchRow | InvalidRow] = []
    row = line = 0
    for _ in range(draw(st.integers(1, 12))):
        row, line = row + draw(st.integers(1, 500)), line + draw(st.integers(1, 9_000))
        if draw(st.booleans()):
            zone = draw(st.none() | st.sampled_from(["America/New_York", "US/Alaska"]))
            rows.append(BatchRow(row, line, draw(numbers), zone, draw(cells)))
        else:
            number = draw(st.none() | numbers | st.sampled_from(["007", "+1 (2)", "1" * 40, "1.5E+10"]))
            state = draw(st.sampled_from(["invalid", "skipped"]))
            rows.append(
                InvalidRow(row, line, state, draw(st.none() | texts), "code", "words", number, draw(cells))
            )
    free = [index for index, each in enumerate(rows) if isinstance(each, BatchRow)]
    messages = []
    while free:
        size = draw(st.integers(1, min(9, len(free))))
        members, free = tuple(free[:size]), free[size:]
        media = draw(st.lists(texts, max_size=2).map(tuple))
        messages.append(BatchMessage(members, draw(numbers), draw(st.none() | any_text), media))
    return Batch(tuple(rows), tuple(messages))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(any_batch())
def test_a_batch_comes_back_as_it_was(batch: Batch) -> None:
    assert unpack_batch(pack_batch(batch)) == batch


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(any_batch())
def test_initial_counts_add_up(batch: Batch) -> None:
    assert sum(batch.initial_counts()) == len(batch.rows)


def test_the_letters_are_the_states_in_their_order() -> None:
    assert "".join(STATE_CODE[state] for state in RecipientState) == LETTERS
