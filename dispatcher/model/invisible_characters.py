"""Characters of which nothing is seen: pasted along with a text, they cost segments, and of themselves make no text.

Some belong to what is seen: what joins an emoji's parts or chooses its look, and what joins or turns the letters of
other scripts.
"""

from __future__ import annotations

import unicodedata

#: Letters, marks and signs that are drawn as nothing, beside what `unicodedata` calls control, format or space.
_BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
_ZERO_WIDTH_JOINER, _NON_JOINER = "\u200d", "\u200c"
_KEYCAP, _FLAG = "\u20e3", "\U0001f3f4"
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_MARKS_OF_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_invisible(char: str) -> bool:
    """Whether nothing of a character is seen, a space included."""
    return char in _BLANK or unicodedata.category(char) in _UNSEEN


def is_seen(text: str) -> bool:
    """Whether anything of a text is seen."""
    return not all(map(is_invisible, text))


def name_of(char: str) -> str:
    """A character's name in Unicode, or its number."""
    return unicodedata.name(char, "") or f"U+{ord(char):04X}"


def named(char: str) -> str:
    """A character with its name; the name alone where nothing of it is seen."""
    return name_of(char) if is_invisible(char) else f"{char} {name_of(char)}"


def hidden_in(text: str) -> list[int]:
    """The places of characters that nobody sees and nobody meant: neither plain space nor line break, nor a part of an
    emoji or of a script that needs it."""
    if text.isascii() and text.isprintable():
        return []
    turned = any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text)
    return [
        place
        for place, char in enumerate(text)
        if char not in " \n\r" and is_invisible(char) and not _belongs(text, place, turned=turned)
    ]


def _belongs(text: str, place: int, *, turned: bool) -> bool:
    char, before, after = text[place], text[:place][-1:], text[place + 1 : place + 2]
    if char in _MARKS_OF_DIRECTION:
        return turned
    if char in (_ZERO_WIDTH_JOINER, _NON_JOINER):
        return _joins(before) and _joins(after)
    if "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return after == _KEYCAP or not (before.isascii() or is_invisible(before))
    if "\U000e0020" <= char <= "\U000e007f":
        return _FLAG in text[:place]
    return False


def _joins(char: str) -> bool:
    """Whether a character may need to be joined to the next: a picture, or a letter of a script that writes so."""
    return bool(char) and ord(char) > 0x58F and not (0x2000 <= ord(char) <= 0x206F)
