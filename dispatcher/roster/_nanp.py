"""From what stands in a cell to the ten digits of a North American number, whoever wrote it and however."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dispatcher.roster._one_number import count_digits, plain_digits, readable
from dispatcher.roster._phone_words import WORD, LabelKind, kind_of, unwrapped, without_empty_labels
from dispatcher.roster.rejections import RowError

#: What is longer is a text, however many numbers stand in it.
_MOST_CHARACTERS = 300
#: Between several numbers of a cell. Some of it stands within one, too: what counts are parts of seven digits.
_BETWEEN = re.compile(r"\s*(:::|[,;/&|\n\r\t]|\s(?:or|and|o|u|y|ou|et)\s)\s*", re.IGNORECASE)
_ONE = r"(?:\+?1[ .\-]*)?\(?\d{3}\)?[ .\-/]*\d{3}[ .\-]*\d{4}"
_SIDE_BY_SIDE = re.compile(rf"({_ONE})[ .\-/]+({_ONE})")
_BRACKETS = str.maketrans("[]{}_*", "()()  ")
#: Signs between a number and its label; a plus or an opening bracket in front is the number's own.
_BEFORE, _AFTER = " \t\r\n-:.,;#=/>)<\"'|&?", " \t\r\n-:.,;#=/<([>\"'|&+?"


class _Found(NamedTuple):
    """A number in a cell, or why it is none, and what its label says."""

    number: str | RowError
    kinds: frozenset[LabelKind]


def national_digits(cell: str) -> str:
    """The ten national digits of the one number in a cell, in any usual writing.

    Raises:
        RowError: with the code that says why it is none.
    """
    return _only(_found_in(cell))


def recipient_digits(cell: str) -> str:
    """The same; of several numbers the one that is marked as mobile.

    Raises:
        RowError: with the code that says why there is none; `two_numbers` if nothing tells which of them.
    """
    found = _found_in(cell)
    mobile = [each for each in found if LabelKind.MOBILE in each.kinds]
    return _only(mobile or found)


def _only(found: Sequence[_Found]) -> str:
    numbers = {each.number for each in found}
    if len(numbers) > 1:
        raise RowError("two_numbers")
    number = numbers.pop()
    if isinstance(number, RowError):
        raise number
    return number


def _found_in(cell: str) -> Sequence[_Found]:
    """The numbers in a cell, at least one; those of faxes only count by themselves.

    Raises:
        RowError: it holds none, or something that is neither a number nor a label.
    """
    if len(cell) > _MOST_CHARACTERS < len(cell.strip()):
        raise RowError("not_a_number")
    text = unwrapped(readable(cell))
    if not text:
        raise RowError("empty_number")
    if "/" not in text or count_digits(text) < 12:
        plain = plain_digits(text)
        if plain is not None:
            return (_Found(plain, frozenset()),)
    found = list(_labelled(text))
    phones = [each for each in found if LabelKind.FAX not in each.kinds]
    if not found:
        raise RowError("not_a_number")
    if not phones:
        raise RowError("not_mobile")
    return phones


def _labelled(text: str) -> Iterator[_Found]:
    parts = _BETWEEN.split(text)
    parts, between = parts[::2], parts[1::2]
    long = [part for part in parts if count_digits(part) >= 7]
    if len(long) < 2:
        _refuse_a_second(parts, between)
        yield from _in_part(_with_country(parts, text))
    elif any(count_digits(part) < 7 and part.strip(_AFTER) for part in parts):
        yield from _in_part(" ".join(parts))  # labels stand by themselves
    else:
        for part in long:
            yield from _in_part(part)


def _refuse_a_second(parts: Sequence[str], between: Sequence[str]) -> None:
    """`212-555-0100 / 0101` is two numbers, `212-555-0100,,12` one with an extension."""
    for part, sign, after in zip(parts, between, parts[1:], strict=False):
        if count_digits(part) >= 10 and after.strip().isdigit():
            raise RowError("extension" if sign.strip() in (",", ";") else "two_numbers")


def _with_country(parts: Sequence[str], text: str) -> str:
    """The text, without what stands between `+1` and the number."""
    return " ".join(parts) if parts[0].strip() in ("1", "+1") else text


def _in_part(part: str) -> Iterator[_Found]:
    """The numbers between the words of a part, each with those that stand on its side."""
    try:
        tokens = _tokens(without_empty_labels(unwrapped(part)).translate(_BRACKETS))
    except RowError as error:
        yield _Found(error, frozenset(filter(None, map(kind_of, WORD.findall(part)))))
        return
    places = [place for place, token in enumerate(tokens) if isinstance(token, str)]
    for place in places:
        for number in _side_by_side(str(tokens[place])):
            yield _Found(number, _label(tokens, place, alone=len(places) == 1))


def _tokens(part: str) -> list[str | frozenset[LabelKind]]:
    """Numbers, and between them what the words there say.

    Raises:
        RowError: something is neither.
    """
    tokens: list[str | frozenset[LabelKind]] = []
    end = 0
    for word in (*WORD.finditer(part), None):
        between = part[end : word.start() if word else None].strip(_BEFORE).rstrip(_AFTER)
        if count_digits(between):
            tokens.append(between)
        elif between.strip(_AFTER):
            raise RowError("not_a_number")
        if word:
            end = word.end()
            kind = kind_of(word[0])
            if kind is None or (len(word[0]) == 1 and _stands_at_a_digit(part, word)):
                raise RowError("not_a_number")
            tokens.append(frozenset({kind}))
    return tokens


def _stands_at_a_digit(part: str, word: re.Match[str]) -> bool:
    """A letter at a digit is a slip for another digit, or part of a word with digits."""
    return part[word.end() : word.end() + 1].isdigit() or part[word.start() - 1 : word.start()].isdigit()


def _label(tokens: Sequence[str | frozenset[LabelKind]], place: int, *, alone: bool) -> frozenset[LabelKind]:
    """What the words say that belong to a number: all if there is no other, else those in front if words come first,
    and those behind if words come last."""
    first, last = isinstance(tokens[0], str), isinstance(tokens[-1], str)
    front = _words(reversed(tokens[:place])) if alone or last or not first else frozenset()
    behind = _words(tokens[place + 1 :]) if alone or first or not last else frozenset()
    return front | behind


def _words(tokens: Iterable[str | frozenset[LabelKind]]) -> frozenset[LabelKind]:
    """What words say up to the next number."""
    said: frozenset[LabelKind] = frozenset()
    for token in tokens:
        if isinstance(token, str):
            break
        said |= token
    return said


def _side_by_side(text: str) -> Iterator[str | RowError]:
    """The number in a text without words; two, if they stand there without anything between."""
    two = _SIDE_BY_SIDE.fullmatch(text)
    for each in two.groups() if two else (text,):
        try:
            number = plain_digits(each)
        except RowError as error:
            yield error
            continue
        yield number or RowError("two_numbers" if count_digits(each) in (20, 21, 22) else "not_a_number")
