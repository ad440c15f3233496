"""What a person is told of the recipients' column: the one that was taken and why, or those to choose from."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from dispatcher.errors import Choice, FileRefused, Question
from dispatcher.roster._first_rows import FirstRows
from dispatcher.roster._labelled_numbers import LabelledNumbers
from dispatcher.roster._likeliest import Candidate
from dispatcher.roster.columns import Headings, RecipientColumn, heading_key, short_heading
from dispatcher.roster.rejections import refused

_CHOICES_MOST = 8
_USUAL = ("phone", "phonenumber", "mobile", "mobilephone", "cellphone", "telephone", "telefono", "celular")


class OfferedColumns:
    """Columns of one file, with cells of its first rows."""

    def __init__(self, headings: Headings, rows: FirstRows, labelled: LabelledNumbers | None) -> None:
        self._headings, self._rows, self._labelled = headings, rows, labelled

    def taken(
        self, index: int, why: str, candidates: Sequence[Candidate], *, guessed: bool
    ) -> RecipientColumn:
        """This column, and the others that could have been."""
        others = [each for each in candidates if each.place != index]
        name = self._headings.names[index]
        choices = (self._choice(name, index), *(self._choice(each.name, each.place) for each in others))
        return RecipientColumn(
            index,
            name,
            why,
            guessed,
            self._rows.samples(index),
            choices[:_CHOICES_MOST] if others else (),
            tuple(each.place for each in others if each.may_be_meant),
        )

    def taken_by_label(
        self, labelled: LabelledNumbers, why: str, candidates: Sequence[Candidate], *, guessed: bool
    ) -> RecipientColumn:
        """The number of each row that its label says is mobile."""
        choices = (self._by_label(labelled), *(self._choice(each.name, each.place) for each in candidates))
        return RecipientColumn(
            labelled.pairs[0][1],
            labelled.name,
            why,
            guessed,
            choices[0].samples,
            choices[:_CHOICES_MOST],
            labelled=labelled,
        )

    def question(self, offered: Sequence[Candidate]) -> FileRefused:
        """Which of these it is: for a person to say."""
        headings = self._headings
        names = ", ".join(short_heading(each.name) for each in offered[:_CHOICES_MOST])
        clear = [each for each in offered if not headings.is_ambiguous(each.name)]
        choices = [self._choice(each.name, each.place) for each in clear[:_CHOICES_MOST]]
        if self._labelled and {value for _, value in self._labelled.pairs} & {each.place for each in offered}:
            choices.append(self._by_label(self._labelled))
        if not choices:
            return refused("two_columns_alike", line=headings.line, heading=offered[0].name)
        question = Question("to", tuple(choices))
        if len(offered) > 1:
            return refused("two_recipient_columns", line=headings.line, question=question, headings=names)
        return self._none(f"; is it {names!r}?", question)

    def nothing(self) -> FileRefused:
        """No column has the recipients; one that is nearly called like one is named."""
        for name in self._headings.names:
            if difflib.get_close_matches(heading_key(name), _USUAL, n=1, cutoff=0.75):
                return self._none(f"; is it {short_heading(name)!r}?", None)
        return self._none("", None)

    def _none(self, nearest: str, question: Question | None) -> FileRefused:
        headings = self._headings
        return refused(
            "no_recipient_column",
            line=headings.line,
            question=question,
            headings=headings.named(),
            nearest=nearest,
        )

    def _choice(self, name: str, index: int) -> Choice:
        return Choice(name, name, self._rows.samples(index))

    def _by_label(self, labelled: LabelledNumbers) -> Choice:
        label = f"{labelled.name}: in each row the one whose label says mobile"
        return Choice(labelled.name, label, self._rows.samples_of(labelled.cell))
