"""Several columns of numbers, each beside a column that says what they are: `Phone 1 - Label`, `Phone 1 - Value`, …

The mobile number stands now in one, now in another; so it is looked for row by row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dispatcher.roster._empty_words import text_in
from dispatcher.roster._heading_grammar import label_of, naming_of
from dispatcher.roster._heading_words import SENSE_OF, words_of

#: Between numbers of which none is the one: the reader of numbers takes them for two.
_TWO = " ; "
_MOBILE, _NEVER = frozenset(("mobile", "sms")), frozenset(("never",))


class LabelledNumbers(NamedTuple):
    """`pairs`: indexes of a label and of its number. `name` is what they are called together: `Phone - Value`."""

    name: str
    pairs: tuple[tuple[int, int], ...]

    def cell(self, cells: Sequence[str]) -> str:
        """The number of a row: the mobile one, else the only one; several that are as likely stay several."""
        return _one((cells[label], cells[value]) for label, value in self.pairs)

    def has_mobile(self, cells: Sequence[str]) -> bool:
        """Whether this row has a mobile number."""
        return any(_says(cells[label], _MOBILE) and text_in(cells[value]) for label, value in self.pairs)

    def column(self, columns: Sequence[Sequence[str]]) -> list[str]:
        """The same of many rows, their cells by column."""
        labels = zip(*(columns[label] for label, _ in self.pairs), strict=True)
        values = zip(*(columns[value] for _, value in self.pairs), strict=True)
        return [_one(zip(*row, strict=True)) for row in zip(labels, values, strict=True)]


def labelled_numbers(names: Sequence[str]) -> LabelledNumbers | None:
    """The numbers of a file that have labels beside them; None if there are not several."""
    labels = {order: index for index, name in reversed(list(enumerate(names))) if (order := label_of(name))}
    values = {
        naming.order: index
        for index, name in reversed(list(enumerate(names)))
        if (naming := naming_of(name)) and naming.order and naming.sure and not naming.owner
    }
    orders = sorted(labels.keys() & values.keys())
    if len(orders) < 2:
        return None
    name = " ".join(re.sub(r"\d+", " ", names[values[orders[0]]]).split())
    return LabelledNumbers(name, tuple((labels[order], values[order]) for order in orders))


def _says(label: str, senses: frozenset[str]) -> bool:
    return any(SENSE_OF.get(word) in senses for word in words_of(label))


def _one(labelled: Iterable[tuple[str, str]]) -> str:
    filled = [(label, text) for label, value in labelled if (text := text_in(value))]
    mobile = [value for label, value in filled if _says(label, _MOBILE)]
    left = mobile or [value for label, value in filled if not _says(label, _NEVER)]
    return _TWO.join(dict.fromkeys(left))
