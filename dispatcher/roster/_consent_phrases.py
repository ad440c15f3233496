"""What a heading or a cell says of consent: words that agree, words that refuse, words that turn the next one round.

`Text Messages Opt-in`, `Do Not Contact` and `Never subscribed` are read with the same grammar.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from dispatcher.roster._consent_words import tag_of, words_of

_ACTIONS = frozenset(("text", "call", "mail", "any", "app", "site"))
_AGREES = frozenset(("agree", "agree, weakly", "member", "verb"))
_REFUSES = frozenset(("refuse", "refuse, weakly"))
#: 1 agrees, -1 refuses; and whether it can mean nothing else.
_Sense = tuple[int, bool]


class Phrase(NamedTuple):
    """Words with their kinds (empty: nobody knows the word), and what they say together.

    `agrees` and `refuses`: it has words of that sense, after what turns them round. `strongly`: one of them can mean
    nothing else.
    """

    words: tuple[str, ...]
    tags: frozenset[str]
    agrees: bool
    refuses: bool
    strongly: bool


@lru_cache(maxsize=4096)
def read_phrase(text: str) -> Phrase:
    """What a heading or a cell says of consent."""
    words = words_of(text)
    tags = list(map(tag_of, words))
    senses = _together(_senses(words, tags))
    return Phrase(
        words,
        frozenset(tags),
        any(sense > 0 for sense, _ in senses),
        any(sense < 0 for sense, _ in senses),
        any(strongly for _, strongly in senses),
    )


def _senses(words: Sequence[str], tags: Sequence[str]) -> Iterator[_Sense]:
    """The sense of each word that has one."""
    turned = False
    for place, tag in enumerate(tags):
        following = tags[place + 1] if place + 1 < len(tags) else ""
        if tag == "not":
            if _is_order(words, place) and following in _ACTIONS:
                yield -1, True
            elif _speaks(tags[place + 1 :]):
                turned = True
            elif words[place] != "non" and _ACTIONS & set(tags[place + 1 :]):
                yield -1, True
            continue
        if tag == "verb" and _speaks([each for each in tags[place + 1 :] if each != "filler"][:1]):
            continue  # it helps the next one: `wants to receive`
        if tag == "opt" and {"in", "out"} <= set(tags[place + 1 : place + 4]):
            yield from ((1, True), (-1, True))  # Opt In/Out
        elif sense := _sense_of(tag, following):
            yield (-sense if turned else sense), tag in ("agree", "refuse", "opt")
            turned = False


def _together(senses: Iterable[_Sense]) -> list[_Sense]:
    """What the words mean in their order: of `Consent revoked` only that it is."""
    found: list[_Sense] = []
    for sense, strongly in senses:
        if sense < 0 and not strongly and found and found[-1][0] > 0:
            found[-1] = -1, found[-1][1]
        else:
            found.append((sense, strongly))
    return found


def _is_order(words: Sequence[str], place: int) -> bool:
    """`do not`, `don't`, `ne`: what follows at once is what shall not be done."""
    return words[place] in ("dont", "ne", "pas") or (
        words[place] == "not" and words[place - 1 : place] == ("do",)
    )


def _speaks(tags: Sequence[str]) -> bool:
    return any(map(_sense_of, tags, [*tags[1:], ""]))


def _sense_of(tag: str, following: str) -> int:
    if tag == "opt":
        return -1 if following == "out" else 1
    return 1 if tag in _AGREES else -1 if tag in _REFUSES else 0
