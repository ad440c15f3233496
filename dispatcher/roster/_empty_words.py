"""Words that programs write where nothing stands: `NULL`, `None`, `nan`, `N/A`, `\\N`, `-`.

They count as empty where a cell is a value: number, sender, media, zone, group, message, merge field. Only the exact
writings of programs count, so that Nan and Mr Null keep their names; what was counted is told. Errors of spreadsheets
are no emptiness: somebody wanted a value there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dispatcher.roster.formula_guard import NO_SAVED_VALUE
from dispatcher.roster.readings import Remark

_WORDS = (
    "NULL null (null) (NULL) <null> <NULL> [null] [NULL] None (none) <none> nil <nil> NIL undefined "
    "nan NaN -nan -NaN <NA> NA N/A n/a N/a (n/a) NaT <NaT> \\N \\\\N #N/A #n/a #NA #NV #N/D "
    "(blank) (empty) <empty> 1.#QNAN -1.#IND - -- --- \u2013 \u2014 ."
)
EMPTY_WORDS = frozenset((*_WORDS.split(), "#N/A N/A"))

#: What spreadsheets show for a formula without a value, in English, German, Spanish, French and Portuguese.
_ERRORS = (
    "#NAME? #REF! #VALUE! #DIV/0! #NULL! #NUM! #ERROR! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #UNKNOWN! #BUSY! "
    "#GETTING_DATA #BEZUG! #WERT! #ZAHL! #VALEUR! #NOM? #NOMBRE! #NUL! #NOMBRE? #\u00a1REF! #\u00a1VALOR! "
    "#\u00a1DIV/0! #\u00a1NUM! #\u00a1NULO! #\u00bfNOMBRE? #VALOR! #NOME? #N\u00daM! #NULO!"
)
ERROR_VALUES = frozenset((*_ERRORS.split(), *_ERRORS.lower().split(), NO_SAVED_VALUE))
_NAMED = 5


def text_in(cell: str) -> str:
    """What stands in a cell, without spaces around it; nothing if it is such a word."""
    text = cell.strip()
    return "" if text in EMPTY_WORDS else text


class EmptyWords:
    """Counts those that stand for a value."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def is_value(self, cell: str) -> bool:
        """Whether anything stands in a cell; counts it if that is such a word."""
        text = cell.strip()
        return bool(text) and not self.count(text)

    def count(self, text: str) -> bool:
        """Count a text without spaces around it, if it is such a word; whether it is."""
        if text not in EMPTY_WORDS:
            return False
        self._counts[text] += 1
        return True

    def remarks(self) -> Iterator[Remark]:
        """What was counted as empty, once the rows were read."""
        if self._counts:
            named = [f"{word} ({count})" for word, count in self._counts.most_common(_NAMED)]
            more = self._counts.total() - sum(count for _, count in self._counts.most_common(_NAMED))
            words = ", ".join(named) + (f" and {more} more" if more else "")
            cells = "1 cell counts" if self._counts.total() == 1 else f"{self._counts.total()} cells count"
            yield Remark(
                "empty_words", f"{cells} as empty, because a program wrote there that nothing is: {words}."
            )
