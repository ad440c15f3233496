"""What a heading says of the telephone numbers below it: whose they are, of which line, which of several.

A grammar of words, not a list of headings: `Parent 2 Cell`, `cell_parent2` and `Celular del padre` are read alike.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from dispatcher.roster._heading_words import SENSE_OF, words_of


class PhoneLine(IntEnum):
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
    `buyer`, `side`: the same person in another role, `third`, `unknown`). `order` counts from 1, 0 if nothing is said.
    `sure`: it is said that they are telephone numbers; `Number`, `Contact`, `Recipient` may mean something else.
    `places`: home, work, day.
    """

    line: PhoneLine
    owner: str = ""
    bond: str = ""
    order: int = 0
    sure: bool = True
    places: tuple[str, ...] = ()


#: Of a column that holds numbers, whatever it is called.
ANY_NUMBERS = Naming(PhoneLine.FIXED, sure=False)
#: Comes after a number word and makes it something else: the company of the phone, who owns it.
_AFTER = frozenset(
    ("company", "empresa", "entreprise", "owner", "user", "holder", "provider", "service", "services")
)
_OWNERS = frozenset(("owner", "proprietaire", "propietario"))
_PLACES = ("home", "work", "day")
_BEFORE_NO = frozenset(("sms", "text", "texts", "texting", "mms", "call", "calls", "phone"))
_ORDERS_MOST = 40


@lru_cache(maxsize=4096)
def naming_of(heading: str) -> Naming | None:
    """What the heading says; None if numbers of people are not below it."""
    words = words_of(heading)
    senses = _senses(words)
    if not words or _is_no_number(words, senses) or "label" in senses:
        return None
    sure = _names_a_telephone(words, senses) or _names_an_address(words, senses)
    if not sure and not _may_name_numbers(senses):
        return None
    owner, bond = _owner(words, senses)
    line, places = _line(senses), tuple(place for place in _PLACES if place in senses)
    if "aside" in senses:
        line = PhoneLine.PLAIN if line >= PhoneLine.WORK_MOBILE else min(line, PhoneLine.OTHER)
    return Naming(line, owner, bond, _order(words, senses), sure, places)


def label_of(heading: str) -> int | None:
    """The order of the number that this column labels (`Phone 2 - Type`: 2), None if it labels none."""
    words = words_of(heading)
    senses = _senses(words)
    if (
        "label" not in senses
        or "about" in senses
        or "never" in senses
        or not _names_a_telephone(words, senses)
    ):
        return None
    return _order(words, senses)


def _senses(words: tuple[str, ...]) -> list[str | None]:
    """What each word says. Whoever owns a contact or an account is the one who sells to it."""
    senses: list[str | None] = []
    for word in words:
        sense = "filler" if word.isdigit() else "number" if word == "#" else SENSE_OF.get(word)
        of_a_record = word in _OWNERS and senses and senses[-1] in ("contact", "own")
        senses.append("third" if of_a_record else sense)
    return senses


def _is_no_number(words: tuple[str, ...], senses: list[str | None]) -> bool:
    if "about" in senses or "never" in senses or senses[0] == "asks":
        return True
    if "maybe" in senses and "number" not in senses:
        return True
    if words[0] == "no" and len(words) > 1 and words[1] in _BEFORE_NO:
        return True
    return words[:2] == ("number", "of") or _is_made_another_thing(words, senses)


def _is_made_another_thing(words: tuple[str, ...], senses: list[str | None]) -> bool:
    """Whether a word behind the one for telephone is what the column is about: `Cellphone Company`."""
    places = [place for place, sense in enumerate(senses) if sense in ("mobile", "phone", "sms")]
    behind = slice(places[0] + 1, None) if places else slice(0)
    return "number" not in senses[behind] and any(word in _AFTER for word in words[behind])


def _names_a_telephone(words: tuple[str, ...], senses: list[str | None]) -> bool:
    if "mobile" in senses or "phone" in senses:
        return words != ("ph",)
    if "sms" in senses:
        return "number" in senses or set(words) <= {"sms", "mms"} | {"1", "2"}
    return False


def _names_an_address(words: tuple[str, ...], senses: list[str | None]) -> bool:
    """Whether it is the number to reach somebody at, though no word for telephone is in it: `Contact Number`."""
    if words in (("to", "number"), ("to", "numbers"), ("sent", "to")):
        return True
    named = set(senses)
    return "number" in named and bool(named & {"contact", "recipient"}) and None not in named


def _may_name_numbers(senses: list[str | None]) -> bool:
    """Whether these are the few words that may stand over numbers without a word for telephone."""
    named = set(senses) - {"filler", "first", "second"}
    return named in (
        *({"number"}, {"contact"}, {"recipient"}, {"phone"}),
        *({"number", "home"}, {"number", "work"}, {"number", "third"}, {"number", "parent"}),
    )


def _owner(words: tuple[str, ...], senses: list[str | None]) -> tuple[str, str]:
    for bond in ("third", "partner", "parent", "buyer", "side"):
        if bond in senses:
            place = senses.index(bond)
            digit = words[place + 1] if words[place + 1 :] and words[place + 1].isdigit() else ""
            return f"{words[place]} {digit}".strip(), bond
    unknown = [word for word, sense in zip(words, senses, strict=True) if sense is None]
    return (" ".join(unknown), "unknown") if unknown else ("", "")


def _line(senses: list[str | None]) -> PhoneLine:
    if "sms" in senses and ("number" in senses or "phone" in senses or "mobile" in senses):
        return PhoneLine.SMS
    if "sms" in senses or "mobile" in senses:
        return PhoneLine.WORK_MOBILE if "work" in senses else PhoneLine.MOBILE
    if "fixed" in senses:
        return PhoneLine.FIXED
    return PhoneLine.PLACE if set(_PLACES) & set(senses) else PhoneLine.PLAIN


def _order(words: tuple[str, ...], senses: list[str | None]) -> int:
    digits = [int(word) for word in words if word.isdigit() and 0 < int(word) <= _ORDERS_MOST]
    if digits:
        return max(digits)
    if "second" in senses:
        return 2
    return 1 if "first" in senses else 0
