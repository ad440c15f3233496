"""What a whole file says of consent, found before its rows are read.

A number may say yes in one row and no in a later one. Rows are read once and in order, so the later one would come too
late: a file with columns of consent is gone through twice, the first time only for the numbers that say no.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from dispatcher.roster._consent import NoConsent
from dispatcher.roster._consent_values import Verdict
from dispatcher.roster._duplicates import SeenNumbers
from dispatcher.roster._rows import RowReader
from dispatcher.roster.columns import short_heading
from dispatcher.roster.files.plain_lines import PlainRecords
from dispatcher.roster.readings import Remark

#: Different values of a column that are counted one by one, and how many may be shown. More are no words of consent.
_COUNTED, _SHOWN = 64, 8
_SHOWN_CHARACTERS = 30
_SAMPLES = 3
_ORDER: tuple[Verdict, ...] = ("yes", "no", "free", "unclear")
#: What no word of consent has: it may tell who somebody is.
_PERSONAL = re.compile(r"\d{5}|@")

Records = Sequence[Sequence[str]]


class _Values:
    """The values of one column: the different ones as far as they are few, and how often those stand there that are
    told."""

    def __init__(self) -> None:
        self.different: dict[str, None] = {}
        self.counts: Counter[str] = Counter()
        self.total = 0

    def meet(self, cells: Sequence[str]) -> None:
        """These stand in the column."""
        if len(self.different) < _COUNTED:
            self.different.update(dict.fromkeys(map(_short, islice(dict.fromkeys(cells), _COUNTED))))

    def count(self, cell: str) -> None:
        """This is to be told."""
        self.total += 1
        value = _short(cell)
        if value in self.counts or len(self.counts) < _COUNTED:
            self.counts[value] += 1

    @property
    def in_words(self) -> str:
        """`10 empty, 2 “maybe”`; of many different values only that they are many."""
        if len(self.counts) > _SHOWN or any(map(_PERSONAL.search, self.counts)):
            return "in many different words"
        each = (f"{count} {f'“{value}”' if value else 'empty'}" for value, count in self.counts.most_common())
        return ", ".join(each)


class ConsentSurvey:
    """Goes through a file's records of `width` cells. `places` are those of the file's own columns in them; `fitted`
    gives the cells of one record in them."""

    def __init__(
        self,
        rows: RowReader,
        places: Sequence[int],
        width: int,
        fitted: Callable[[list[str]], tuple[str, ...]],
    ) -> None:
        self._consent = consent = rows.consent
        self._places, self._width = places, width
        self._number_in, self._fitted = rows.number_in, fitted
        self._values = {column.index: _Values() for column in (*consent.read, *consent.unclear)}
        #: The numbers that say no somewhere, and the rows that do not consent.
        self.numbers, self.rows = SeenNumbers(), 0

    def add(self, records: Records) -> None:
        """Take up some records."""
        cells = {index: _column(records, self._places[index]) for index in self._values}
        for index, values in self._values.items():
            values.meet(cells[index])
        refusals = self._consent.refusals(cells).items()
        for place, why in refusals:
            if self._is_row(records[place]):
                self.rows += 1
                self._take(why, cells[why.column.index][place], records[place])
        for column in self._consent.unclear:
            for place, cell in enumerate(cells[column.index]):
                if column.verdict(cell) in ("yes", "no") and self._is_row(records[place]):
                    self._values[column.index].count(cell)

    def _take(self, why: NoConsent, cell: str, record: Sequence[str]) -> None:
        """A row that does not consent: its number if it says no, else what it says instead."""
        if why.says != "no":
            self._values[why.column.index].count(cell)
        elif self._consent.is_asked and (number := self._number_in(self._fitted(list(record)))):
            self.numbers.add(number)

    def _is_row(self, record: Sequence[str]) -> bool:
        """Whether its cells are under their headings, and anything stands in them."""
        return any(map(str.strip, record)) and not any(map(str.strip, record[self._width :]))

    def samples(self) -> tuple[str, ...]:
        """Words that stand in the columns that are read, one of each sense first."""
        words: dict[str, Verdict] = {}
        for column in self._consent.read:
            words |= {word: column.verdict(word) for word in self._values[column.index].different if word}
        if any(len(word) > _SHOWN_CHARACTERS or _PERSONAL.search(word) for word in words):
            return ()
        first = {says: word for word, says in reversed(words.items())}
        usual = [first[says] for says in _ORDER if says in first]
        return tuple(dict.fromkeys([*usual, *words]))[:_SAMPLES]

    def remarks(self) -> Iterator[Remark]:
        """What a person should hear of it."""
        if self.rows and self._consent.sends_anyway:
            not_asked = f"{_rows(self.rows, 'does', 'do')} not consent to texts, and {_are(self.rows)}"
            yield Remark("sent_without_consent", f"{not_asked} sent to all the same: on_no_consent says so.")
        for column in self._consent.read if self._consent.is_asked else ():
            if count := self._values[column.index].total:
                unsaid = f"{_rows(count, 'says', 'say')} neither yes nor no in {short_heading(column.name)!r}"
                words = self._values[column.index].in_words
                yield Remark("consent_unclear", f"{unsaid}, and {_are(count)} left out: {words}.")
        for column in self._consent.unclear:
            if self._values[column.index].total:
                perhaps = f"{short_heading(column.name)!r} may say who wants texts, and is not read as such"
                words = self._values[column.index].in_words
                named = "If it does, name it with --consent."
                yield Remark("consent_column_unclear", f"{perhaps}: {words}. {named}")


def _rows(count: int, one: str, several: str) -> str:
    return f"1 row {one}" if count == 1 else f"{count:,} rows {several}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _short(cell: str) -> str:
    value = cell.strip()
    return value if len(value) <= _SHOWN_CHARACTERS else f"{value[:_SHOWN_CHARACTERS]}…"


def _column(records: Records, place: int) -> Sequence[str]:
    if isinstance(records, PlainRecords):
        return records.columns[place] if place < len(records.columns) else [""] * len(records)
    return [record[place] if place < len(record) else "" for record in records]
