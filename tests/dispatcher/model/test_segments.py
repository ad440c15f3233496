"""Segments of an SMS, counted as 3GPP TS 23.038 and 23.040 have it."""

from __future__ import annotations

import pytest

from dispatcher.model.segments import encoding_of, segments


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("é" * 160, 1),
        ("é" * 161, 2),
        ("[" * 80, 1),
        ("[" * 81, 2),
        ("€" * 80, 1),
        ("ł" * 70, 1),
        ("ł" * 71, 2),
        ("ł" * 134, 2),
        ("ł" * 135, 3),
        ("`" + "a" * 70, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_a_text_takes_as_many_segments_as_its_alphabet_needs(text: str, count: int) -> None:
    assert segments(text) == count


def test_an_escaped_character_is_not_cut_in_two() -> None:
    assert segments("a" * 152 + "[" + "a" * 152) == 3
    assert segments("a" * 151 + "[" + "a" * 153) == 2


def test_an_emoji_is_not_cut_in_two() -> None:
    assert segments("a" * 66 + "😀" + "a" * 66) == 3
    assert segments("a" * 65 + "😀" + "a" * 67) == 2


def test_the_alphabet_is_named() -> None:
    assert encoding_of("Plain [text] for 5 €") == "gsm-7"
    assert encoding_of("It’s") == "ucs-2"
