from __future__ import annotations

import pytest

from dispatcher.model.invisible_characters import hidden_in, is_seen, named

UNSEEN = (
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202c\u2066\u2069\u061c\u180e\u034f\ufe0f\u3164\u2800"
    "\u115f\u1160\uffa0\u00a0\u2003\u3000\u2028\x07\x7f\U000e0001\U000e0100\ue000"
)


@pytest.mark.parametrize("text", [*UNSEEN, "", " \t\n", UNSEEN], ids=ascii)
def test_of_these_nothing_is_seen(text: str) -> None:
    assert not is_seen(text)


@pytest.mark.parametrize("text", ["a", ".", "\u200b1\u200b", "😀", "é", "你", "\u0301"], ids=ascii)
def test_of_these_something_is_seen(text: str) -> None:
    assert is_seen(text)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Hi\u200b there\u00a0you", [2, 9]),
        ("\ufeffHi\u00ad-fi", [0, 3]),
        ("\u202a+1 212\u202c", [0, 7]),
        ("a\u200db \u200c", [1, 4]),
        ("x\ufe0f \ufe0f", [1, 3]),
        ("tab\there", [3]),
        ("Hi\nthere\r\n", []),
    ],
)
def test_what_nobody_meant_is_found(text: str, places: list[int]) -> None:
    assert hidden_in(text) == places


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d👩\u200d👧 and ❤\ufe0f\u200d🔥",
        "1\ufe0f\u20e3 ☎\ufe0f ✔\ufe0e",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "می\u200cخواهم \u200f(سلام)\u200f",
        "क्\u200dष",
        "plain",
    ],
    ids=ascii,
)
def test_what_belongs_to_an_emoji_or_a_script_is_not_hidden(text: str) -> None:
    assert hidden_in(text) == []


def test_a_character_is_named_and_shown_if_it_is_seen() -> None:
    assert [named(char) for char in "\u201c\u200b\x07\ue000"] == [
        "\u201c LEFT DOUBLE QUOTATION MARK",
        "ZERO WIDTH SPACE",
        "U+0007",
        "U+E000",
    ]
