"""How likely a text is what somebody wrote: letters that stand next to each other in names, capitals where they belong.

The lower the cost, in nats, the likelier. Only what is not ASCII costs anything, since that is what the readings of the
same bytes disagree about.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter
from functools import cache
from importlib.resources import files
from itertools import groupby
from math import log

from dispatcher.roster.files import _signs

#: Where a script begins in Unicode, and which; "" is no letters of one.
_SCRIPTS = (
    *(
        (0x0000, "latin"),
        (0x0250, ""),
        (0x0370, "greek"),
        (0x0400, "cyrillic"),
        (0x0530, ""),
        (0x0590, "hebrew"),
    ),
    *((0x0600, "arabic"), (0x0700, ""), (0x0E00, "thai"), (0x0E80, ""), (0x1E00, "latin"), (0x1F00, "")),
    *((0x2E80, "han"), (0x3040, "kana"), (0x3100, ""), (0x3400, "han"), (0xA000, ""), (0xAC00, "hangul")),
    *((0xD7A4, ""), (0xF900, "han"), (0xFB00, ""), (0xFF10, "han"), (0xFF66, "halfwidth"), (0xFFA0, "")),
)
_BEGINS = [begin for begin, _ in _SCRIPTS]
#: Scripts that stand within one word.
_TOGETHER = ({"han", "kana"}, {"han", "hangul"})
_IDEOGRAPHS = frozenset({"han", "kana", "hangul", "halfwidth"})

_IDEOGRAPH_OF_NAMES, _IDEOGRAPH_OF_TODAY, _RARE_IDEOGRAPH = 6.0, 10.0, 13.0
_OTHER_SCRIPT_IN_WORD, _BESIDE_LATIN = 9.0, 4.0
_CAPITAL_WITHIN, _CAPITAL_SECOND = 8.0, 5.0
_SMALL_AMONG_CAPITALS = 4.0
#: A Latin letter bears what its ASCII neighbours cost.
_MOST, _MOST_OF_ALPHABET = 13.0, 7.5
_ALPHABETS = frozenset({"cyrillic", "greek", "hebrew", "arabic", "thai"})


def cost_of(text: str, language: str = "", daily: frozenset[str] = frozenset()) -> float:
    """What a text costs; `language` is a section of the names whose ideographs are likely, `daily` are others."""
    cost, bounded = 0.0, f"   {text}   "
    among_latin = _BESIDE_LATIN * any(char.isascii() and char.isalpha() for char in text)
    for is_word, span in groupby(range(3, len(text) + 3), lambda place: _script_of(bounded[place]) != ""):
        places = list(span)
        piece = bounded[places[0] : places[-1] + 1]
        if piece.isascii():
            continue
        if is_word:
            cost += _word_cost(piece, language, daily) + among_latin * (_script_of(max(piece)) != "latin")
        else:
            cost += sum(_signs.cost_at(bounded, place) for place in places if not bounded[place].isascii())
    return cost


def most_cost(text: str) -> float:
    """What the letters of a text cost at most on the average, if it is one."""
    scripts = (_script_of(char) for char in text if not char.isascii())
    return sum(_MOST_OF_ALPHABET if script in _ALPHABETS else _MOST for script in scripts)


@cache
def _script_of(char: str) -> str:
    """The script of a letter; none for what is no letter, or of a script that no old encoding has."""
    if char in "ªº" or (not char.isalpha() and unicodedata.category(char)[0] != "M"):
        return "kana" if char in "ー・" else ""
    return _SCRIPTS[bisect_right(_BEGINS, ord(char)) - 1][1]


def _word_cost(word: str, language: str, daily: frozenset[str]) -> float:
    scripts = set(map(_script_of, word))
    others = sum(not char.isascii() for char in word)
    mixed = len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)
    cost = _OTHER_SCRIPT_IN_WORD * others * mixed
    if scripts & _IDEOGRAPHS:
        return cost + sum(_ideograph_cost(char, language, daily) for char in word if not char.isascii())
    bounded = f"  {_lowered(word)} "
    threes = (bounded[end - 3 : end] for end in range(3, len(bounded) + 1))
    model = _neighbours(_script_of(max(word)))
    return cost + _case_cost(word) + sum(model.cost(three) for three in threes if not three.isascii())


def _ideograph_cost(char: str, language: str, daily: frozenset[str]) -> float:
    if language and char in _ideographs_of(language):
        return _IDEOGRAPH_OF_NAMES
    return _IDEOGRAPH_OF_TODAY if char in daily else _RARE_IDEOGRAPH


def _case_cost(word: str) -> float:
    """Of letters whose case is not that of their neighbours."""
    plain = [char for char in word if char.isascii()]
    shouted = len(plain) > 1 and all(map(str.isupper, plain))
    ends_shouted = len(word) > 2 and word[2:].isupper()
    cost = 0.0
    for before, char, after in zip(" " + word, word, word[1:] + " ", strict=False):
        if before.islower() and char.isupper() and not (before + char).isascii():
            cost += _CAPITAL_WITHIN
        elif before.isupper() and char.isupper() and after.islower() and not char.isascii():
            cost += _CAPITAL_SECOND
        elif not char.isascii() and char.islower() and (shouted or (before.isupper() and ends_shouted)):
            cost += _SMALL_AMONG_CAPITALS
    return cost


class _Neighbours:
    """Which letter follows which two in the words of one script."""

    def __init__(self, words: list[str]) -> None:
        self._seen: Counter[str] = Counter()
        for word in words:
            bounded = f"  {word} "
            for end in range(3, len(bounded) + 1):
                self._seen.update(bounded[end - size : end] for size in (1, 2, 3))
                self._seen.update("<" + bounded[end - size : end - 1] for size in (2, 3))
        self._letters = sum(count for seen, count in self._seen.items() if len(seen) == 1)

    @cache  # noqa: B019 - one for each script, which live as long as the process
    def cost(self, three: str) -> float:
        """Of the last of these letters behind the others: as often as seen behind both, behind the one, at all."""
        seen = self._seen
        alone = 0.1 * seen[three[2]] / (self._letters + 1)
        behind_one = 0.25 * seen[three[1:]] / (seen["<" + three[1]] + 2)
        behind_both = 0.65 * seen[three] / (seen["<" + three[:2]] + 2)
        return -log(alone + behind_one + behind_both + 1e-6)


@cache
def _neighbours(script: str) -> _Neighbours:
    return _Neighbours(_sections().get(script, []))


@cache
def _ideographs_of(language: str) -> frozenset[str]:
    return frozenset("".join(_sections()[language]))


@cache
def _sections() -> dict[str, list[str]]:
    """The words of the list of names, by section, in small letters."""
    text = (files("dispatcher.roster") / "data" / "accented_names.txt").read_text("utf-8")
    sections: dict[str, list[str]] = {}
    words: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            words = sections.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            words += _lowered(line).split()
    return sections


def _lowered(text: str) -> str:
    """In small letters, each still one."""
    return "İ".join(map(str.lower, text.split("İ")))
