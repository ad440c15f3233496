"""What a heading says of the telephone numbers below it: whose they are, of which line, which of several.

A grammar of words, not a list of headings: `Parent 2 Cell`, `cell_parent2` and `Celular del padre` are read alike.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from dispatcher.roster._heading_words import SENSE_OF, Sense, words_of


class Line(IntEnum):
    """Which line, the likeliest to get a message last."""

    FIXED = 0
    OTHER = 1
    PLACE = 2
    PLAIN = 3
    WORK_MOBILE = 4
    MOBILE = 5
    SMS = 6


class Naming(NamedTuple):
    """A heading that names numbers.

    `owner` is empty for the row's own person, else who it is, `bond` what they are to them (`parent`, `partner`,
    `side`: the same person in another role, `third`, `unknown`). `order` counts from 1, 0 if nothing is said.
    `sure`: a word for telephone stands in it, not only one for number, contact or recipient. `places`: home, work, day.
    """

    line: Line
    owner: str = ""
    bond: Sense | str = ""
    order: int = 0
    sure: bool = True
    places: tuple[str, ...] = ()


#: Comes after a number word and makes it something else: the company of the phone, who owns it.
_AFTER = frozenset(("company", "empresa", "entreprise", "owner", "user", "holder", "provider", "service", "services"))
_BEFORE_NO = frozenset(("sms", "text", "texts", "texting", "mms", "call", "calls", "phone"))
_ORDERS_MOST = 40


@lru_cache(maxsize=4096)
def naming_of(heading: str) -> Naming | None:
    """What the heading says; None if numbers of people are not below it."""
    words = words_of(heading)
    senses = [_sense(word) for word in words]
    if not words or _is_no_number(words, senses) or "label" in senses:
        return None
    sure = _names_a_telephone(words, senses)
    if not sure and not _may_name_numbers(words, senses):
        return None
    owner, bond = _owner(words, senses)
    line, places = _line(senses), tuple(dict.fromkeys(s for s in senses if s in ("home", "work", "day")))
    if "aside" in senses:
        line = Line.PLAIN if line >= Line.WORK_MOBILE else min(line, Line.OTHER)
    return Naming(line, owner, bond, _order(words, senses), sure, places)


def label_of(heading: str) -> int | None:
    """The order of the number that this column labels (`Phone 2 - Type`: 2), None if it labels none."""
    words = words_of(heading)
    senses = [_sense(word) for word in words]
    if "label" not in senses or "about" in senses or "never" in senses or not _names_a_telephone(words, senses):
        return None
    return _order(words, senses)


def _sense(word: str) -> Sense | None:
    return "number" if word == "#" else SENSE_OF.get(word)


def _is_no_number(words: tuple[str, ...], senses: list[Sense | None]) -> bool:
    if "about" in senses or "never" in senses or senses[0] == "asks":
        return True
    if "maybe" in senses and "number" not in senses:
        return True
    if words[0] == "no" and len(words) > 1 and words[1] in _BEFORE_NO:
        return True
    if any(pair == ("number", "of") for pair in zip(words, words[1:], strict=False)):
        return True
    first = next((place for place, sense in enumerate(senses) if sense in ("mobile", "phone", "sms")), len(words))
    return any(word in _AFTER for word in words[first + 1 :] if first < len(words)) and "number" not in senses[first:]


def _names_a_telephone(words: tuple[str, ...], senses: list[Sense | None]) -> bool:
    if "mobile" in senses or "phone" in senses:
        return words != ("ph",)
    if "sms" in senses:
        return "number" in senses or set(words) <= {"sms", "mms"} | {"1", "2"}
    return False


def _may_name_numbers(words: tuple[str, ...], senses: list[Sense | None]) -> bool:
    """Whether these are the few words that may stand over numbers without a word for telephone."""
    named = {sense for sense in senses if sense not in ("filler", "first")}
    if named == {"contact", "number"} or named == {"own", "number"} and False:
        return True
    if words in (("to", "number"), ("to", "numbers"), ("sent", "to"), ("ph",)):
        return True
    if named <= {"number", "contact", "recipient", None} and None not in named and named:
        return True
    return "number" in named and named <= {"number", "home", "work", "contact", "recipient", "third", "own"} and bool(
        named & {"home", "third"} or named == {"work", "number"}
    )


def _owner(words: tuple[str, ...], senses: list[Sense | None]) -> tuple[str, str]:
    for bond in ("third", "partner", "parent", "side"):
        if bond in senses:
            place = senses.index(bond)
            digit = words[place + 1] if words[place + 1 :] and words[place + 1].isdigit() else ""
            return f"{words[place]} {digit}".strip(), bond
    unknown = [word for word, sense in zip(words, senses, strict=True) if sense is None and not word.isdigit()]
    return (" ".join(unknown), "unknown") if unknown else ("", "")


def _line(senses: list[Sense | None]) -> Line:
    if "sms" in senses and ("number" in senses or "phone" in senses or "mobile" in senses):
        return Line.SMS
    if "sms" in senses or "mobile" in senses:
        return Line.WORK_MOBILE if "work" in senses else Line.MOBILE
    if "fixed" in senses:
        return Line.FIXED
    return Line.PLACE if {"home", "work", "day"} & set(senses) else Line.PLAIN


def _order(words: tuple[str, ...], senses: list[Sense | None]) -> int:
    digits = [int(word) for word in words if word.isdigit() and 0 < int(word) <= _ORDERS_MOST]
    if digits:
        return max(digits)
    if "second" in senses:
        return 2
    return 1 if "first" in senses else 0
