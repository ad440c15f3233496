"""Which column holds the recipients: named, or the likeliest by heading and content, or a question.

A wrong guess sends to the wrong people, and asking costs a click. So where two columns are as likely, or what stands
in them speaks against their headings, it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dispatcher.errors import FileRefused
from dispatcher.roster._first_rows import FirstRows
from dispatcher.roster._heading_grammar import ANY_NUMBERS, naming_of
from dispatcher.roster._heading_words import SENSE_OF, words_of
from dispatcher.roster._labelled_numbers import labelled_numbers
from dispatcher.roster._likeliest import Candidate, likeliest, reason
from dispatcher.roster._offered_columns import OfferedColumns
from dispatcher.roster._plain_names import only_plain_name
from dispatcher.roster.columns import (
    RESERVED,
    Headings,
    RecipientColumn,
    heading_key,
    is_recipient,
    short_heading,
)
from dispatcher.roster.readings import CHOSEN_BEFORE
from dispatcher.roster.rejections import refused

#: Shares of telephone numbers in what stands in a column. From the first on it is one of numbers, whatever its heading;
#: up to the second it is none; from the third on one whose heading may mean numbers does.
_FULL, _NONE, _MEANT = 0.8, 0.2, 0.5
_TAKEN = frozenset(key for keys in RESERVED.values() for key in keys)


class Known(NamedTuple):
    """What is known beside the file: the column that was named; the one where an earlier check of these rows looked for
    numbers; columns that a person chose before, by the hash of their headings, for where it would be asked. `kept`: the
    file is a campaign's, whose settings name the column unless all programs find it by its name."""

    to: str | None = None
    kept: bool = False
    bad_numbers_in: str | None = None
    before: Mapping[str, str] = {}


def choose_recipients(headings: Headings, rows: FirstRows, known: Known) -> RecipientColumn:
    """The column, and why.

    Raises:
        FileRefused: none can be told; with a question, if a person can say which.
    """
    return _Choosing(headings, rows).chosen(known)


class _Choosing:
    def __init__(self, headings: Headings, rows: FirstRows) -> None:
        self._headings, self._rows = headings, rows
        labelled = labelled_numbers(headings.names)
        self._labelled = labelled if labelled and headings.find(labelled.name) is None else None
        self._offered = OfferedColumns(headings, rows, self._labelled)
        self._candidates = [
            Candidate(index, name, naming)
            for index, name in enumerate(headings.names)
            if (naming := naming_of(name)) and heading_key(name) not in _TAKEN
        ]
        self._plain = only_plain_name(headings.names)
        to = headings.find("to")
        self._usual = self._plain if to is None else to
        self._sure = [each for each in self._candidates if each.naming.sure]

    def chosen(self, known: Known) -> RecipientColumn:
        headings = self._headings
        if known.to is not None:
            return self._named(known.to, "as it was named")
        if headings.find("to") is not None:
            return self._named("to", "its heading is `to`")
        if known.kept and self._plain is not None:
            return self._taken(self._plain, "its heading")
        checked = self._unless_labelled(known.bad_numbers_in)
        if checked is not None and self._is_clear(checked):
            return self._named(checked, "an earlier check looked for the numbers there", guessed=True)
        try:
            return self._guessed()
        except FileRefused as refusal:
            before = known.before.get(headings.hash)
            if refusal.question is None or before is None or not self._is_clear(before):
                raise
            return self._named(before, CHOSEN_BEFORE, guessed=True)

    def _unless_labelled(self, name: str | None) -> str | None:
        """The column of an earlier check, unless it looked in each row where the label said mobile."""
        labelled = self._labelled.pairs if self._labelled else ()
        values = {value for _, value in labelled}
        return None if name is None or self._headings.find(name) in values else name

    def _is_clear(self, name: str) -> bool:
        headings = self._headings
        return not headings.is_ambiguous(name) and (
            headings.find(name) is not None or self._is_labelled(name)
        )

    def _is_labelled(self, name: str) -> bool:
        return self._labelled is not None and heading_key(self._labelled.name) == heading_key(name)

    def _named(self, name: str, why: str, *, guessed: bool = False) -> RecipientColumn:
        headings = self._headings
        if (index := headings.find(name)) is not None:
            return self._taken(index, why, guessed=guessed)
        if self._labelled is not None and self._is_labelled(name):
            return self._offered.taken_by_label(self._labelled, why, self._sure, guessed=guessed)
        nearest, named = headings.nearest(name), headings.named()
        raise refused("no_such_column", line=headings.line, name=name, nearest=nearest, headings=named)

    def _taken(self, place: int, why: str, *, guessed: bool = False) -> RecipientColumn:
        name = self._headings.names[place]
        if self._headings.is_ambiguous(name):
            raise refused("two_columns_alike", line=self._headings.line, heading=name)
        taken = self._offered.taken(place, why, self._sure, guessed=guessed and place != self._plain)
        return taken._replace(is_usual=place == self._usual)

    def _guessed(self) -> RecipientColumn:
        able = [each for each in self._sure if each.may_be_meant]
        left = self._with_numbers(able)
        best = likeliest(left)
        if not best:
            return self._by_content()
        if len(best) > 1:
            return self._by_label_or_asked(best)
        if others := self._speaking_against(best[0], left):
            raise self._offered.question([best[0], *others])
        why = reason(best[0], self._sure)
        if passed_over := [short_heading(each.name) for each in likeliest(able) if each not in left]:
            why += f"; no numbers in the first {len(self._rows)} rows of {', '.join(passed_over)}"
        return self._taken(best[0].place, why, guessed=True)

    def _with_numbers(self, candidates: list[Candidate]) -> list[Candidate]:
        """The candidates with numbers in the first rows, all of them if none has any."""
        rows = self._rows
        return [each for each in candidates if rows.telling and rows.share(each.place) > _NONE] or candidates

    def _by_label_or_asked(self, best: Sequence[Candidate]) -> RecipientColumn:
        labelled = self._labelled
        values = {value for _, value in labelled.pairs} if labelled else set()
        if (
            labelled
            and {each.place for each in best} <= values
            and any(map(labelled.has_mobile, self._rows.rows))
        ):
            why = "in each row the number whose label says mobile"
            return self._offered.taken_by_label(labelled, why, self._sure, guessed=True)
        raise self._offered.question([*best, *(each for each in self._sure if each not in best)])

    def _speaking_against(self, best: Candidate, left: Sequence[Candidate]) -> list[Candidate]:
        """Columns that have far more numbers than the one whose heading is best."""
        rows = self._rows
        if not rows.telling:
            return []
        numbers = rows.numbers(best.place)
        others = [each for each in left if each != best and rows.numbers(each.place) > 2 * numbers]
        if others or numbers or not rows.cells(best.place):
            return others
        return [each for each in self._full_of_numbers() if each.place != best.place]

    def _by_content(self) -> RecipientColumn:
        """The column whose heading may mean numbers and that has them, if there is only one."""
        rows = self._rows
        weak = [
            each
            for each in self._candidates
            if each.may_be_meant
            and not each.naming.sure
            and (rows.share(each.place) >= _MEANT if rows.telling else is_recipient(each.name))
        ]
        if len(weak) == 1:
            return self._taken(weak[0].place, "it holds telephone numbers", guessed=True)
        if offered := list(dict.fromkeys([*weak, *self._sure, *self._full_of_numbers()])):
            raise self._offered.question(offered)
        raise self._offered.nothing()

    def _full_of_numbers(self) -> list[Candidate]:
        """Columns whose cells are telephone numbers, whatever they are called; but no fax, and no sender."""
        known = {each.place: each for each in self._candidates}
        return [
            known.get(index) or Candidate(index, name, ANY_NUMBERS)
            for index, name in enumerate(self._headings.names)
            if heading_key(name)
            and heading_key(name) not in _TAKEN
            and self._rows.share(index) >= _FULL
            and (index in known or not _says_never(name))
        ]


def _says_never(heading: str) -> bool:
    return any(SENSE_OF.get(word) == "never" or word in ("sender", "from") for word in words_of(heading))
