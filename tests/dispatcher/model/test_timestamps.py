"""Times of the ledger as text: UTC, a `Z`, cut off and never rounded up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.model.timestamps import Precision, utc_text, utc_text_or_none

MOMENTS = st.integers(1, 4_102_444_800_000)


@pytest.mark.parametrize(
    ("precision", "text"), [("milliseconds", "2026-12-01T15:00:00.999Z"), ("seconds", "2026-12-01T15:00:00Z")]
)
def test_what_is_finer_than_the_precision_is_cut_off(precision: Precision, text: str) -> None:
    assert utc_text(1_796_137_200_999, precision) == text


@given(MOMENTS)
def test_a_moment_in_milliseconds_is_read_back_to_the_letter(ms: int) -> None:
    assert round(datetime.fromisoformat(utc_text(ms)).timestamp() * 1000) == ms


@given(MOMENTS, st.sampled_from(["seconds", "milliseconds"]))
def test_a_moment_is_written_as_the_standard_library_writes_it(ms: int, precision: Precision) -> None:
    expected = datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec=precision)
    assert utc_text(ms, precision) == expected.replace("+00:00", "Z")


def test_zero_is_not_yet() -> None:
    assert utc_text_or_none(0) is None
    assert utc_text_or_none(1) == "1970-01-01T00:00:00.001Z"
