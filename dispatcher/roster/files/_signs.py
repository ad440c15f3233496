"""Signs among letters: where an apostrophe, a quote or a dash is at home, and that a box's corner never is."""

from __future__ import annotations

import unicodedata

_AT_HOME = 2.5
_IN_PLACE = 4.5
_IN_WORD = _INVISIBLE = 8.0
_OUT_OF_PLACE = 26.0
_NO_TEXT = 30.0

_PARTNERS = {"“": "”„", "”": "“„", "„": "“”", "«": "»", "»": "«", "‹": "›", "›": "‹", "「": "」", "」": "「"}
_BEFORE_WORDS = frozenset("¿¡")
_BEHIND_WORDS = frozenset("’…！？。、：")
_MARKS = frozenset("®™")
_CURRENCIES = frozenset("€£¥¢")
_ALONE = frozenset("–—•")
_BY_NUMBERS = frozenset("½¼¾²³±×°·§©")
_APOSTROPHES = frozenset("’´‘")
_CONTRACTED = ("s", "t", "re", "ll", "ve", "d", "m", "S", "T", "RE", "LL", "VE", "D", "M")


def cost_at(text: str, place: int) -> float:
    """What the sign there costs, which is neither letter nor ASCII. The text has three spaces around it."""
    before, sign, after = text[place - 1], text[place], text[place + 1]
    category = unicodedata.category(sign)
    if category in {"Cc", "Co", "Cn"}:
        return _NO_TEXT
    if category == "Cf" and (sign == "\xad" or not (before.isalpha() or after.isalpha())):
        return _INVISIBLE
    if before.isalpha() and after.isalpha():
        return _in_word(text, place)
    if _is_at_home(text, before, sign, after):
        return _AT_HOME
    return _IN_PLACE if _fits_by_words(before, sign, after) else _OUT_OF_PLACE


def _in_word(text: str, place: int) -> float:
    before, sign, after = text[place - 1], text[place], text[place + 1]
    if sign in _APOSTROPHES:
        rest = text[place + 1 : place + 4]
        if sign == "’" and any(rest.startswith(end) and not rest[len(end)].isalpha() for end in _CONTRACTED):
            return _AT_HOME
        elided = not text[place - 2].isalpha() or text[place - 3 : place] == " qu"
        return _IN_WORD if elided else _OUT_OF_PLACE
    fits = (
        before == after == "l" if sign == "·" else sign in "\xa0–—" and before.islower() and after.isupper()
    )
    return _IN_WORD if fits else _OUT_OF_PLACE


def _is_at_home(text: str, before: str, sign: str, after: str) -> bool:
    """Signs that English texts have more often than accents."""
    if sign in _PARTNERS:
        return any(map(text.__contains__, _PARTNERS[sign]))
    if sign in _ALONE:
        return (before.isspace() or before.isdigit()) and (after.isspace() or after.isdigit())
    if sign in _MARKS:
        return (before.isalnum() or before.isspace()) and not after.isalpha()
    return sign in _CURRENCIES and (before.isdigit() or after.isdigit()) and not (before + after).isalpha()


def _fits_by_words(before: str, sign: str, after: str) -> bool:
    if sign in _BEFORE_WORDS:
        return not before.isalpha()
    if sign in _BEHIND_WORDS:
        return not after.isalpha()
    if sign in "ªº":
        return before.isdigit() or before in "nNMD"
    if sign == "°" and before in "0123456789 ":
        return not after.isalpha() or after in "CF"
    if sign == "\xa0":
        return True
    return sign in _BY_NUMBERS and all(char.isdigit() or char.isspace() for char in (before, after))
