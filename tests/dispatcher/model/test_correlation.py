"""Our reference in CarrierX's object: short, of few letters, and nobody else's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.model.campaign import CAMPAIGN_ID
from dispatcher.model.correlation import USER_DATA_MAX, MessageRef, base36, read_user_data, write_user_data

ids = st.from_regex(CAMPAIGN_ID, fullmatch=True).filter(str.isascii)
refs = st.builds(MessageRef, ids, st.integers(0, 100_000), st.integers(0, 99), st.integers(1, 255))


@given(refs)
def test_a_reference_comes_back_as_it_was(ref: MessageRef) -> None:
    text = write_user_data(ref, b"secret")
    assert read_user_data(text, [b"other", b"secret"]) == ref
    assert len(text) <= USER_DATA_MAX
    assert re.fullmatch(r"[A-Za-z0-9._-]+", text)


@pytest.mark.slow
@given(refs, st.integers(0, 63), st.sampled_from("abcXYZ019._-"))
def test_a_changed_letter_makes_it_nobodys(ref: MessageRef, at: int, letter: str) -> None:
    text = write_user_data(ref, b"secret")
    at %= len(text)
    changed = text[:at] + letter + text[at + 1 :]
    assert changed == text or read_user_data(changed, [b"secret"]) is None


@given(st.text(max_size=70))
def test_any_text_is_read_without_harm(text: str) -> None:
    assert read_user_data(text, [b"secret"]) is None


@pytest.mark.parametrize("text", [None, "", "null", "." * 64, "x" * 65])
def test_what_is_no_reference_is_none(text: str | None) -> None:
    assert read_user_data(text, [b"secret"]) is None


@given(st.integers(0, 10**9))
def test_base_36_is_what_python_reads(value: int) -> None:
    assert int(base36(value), 36) == value
