"""The columns of a file that say who consents to texts, and the rows that do not."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from dispatcher.errors import Choice, Question
from dispatcher.model.campaign import CampaignSettings
from dispatcher.roster._consent_headings import ConsentHeading, consent_heading, named_heading
from dispatcher.roster._consent_values import Verdict, verdict
from dispatcher.roster.columns import Columns, heading_key
from dispatcher.roster.readings import Reading
from dispatcher.roster.rejections import RowError, refused

#: Different cells of a column whose verdict is remembered, but for long ones.
_REMEMBERED, _LONG = 4096, 200
#: The most characters that a setting keeps.
_NAMES_MAX = 2000
_GOES = frozenset(("yes", "free"))
_SAYS: dict[Verdict, str] = {
    "no": "the column says no",
    "silent": "the column says nothing",
    "unclear": "the column says neither yes nor no",
}


class NoConsentError(RowError):
    """A row does not consent. `is_said`: it says no, so that no other row with its number counts either."""

    def __init__(self, column: str, says: Verdict) -> None:
        super().__init__("no_consent", column, reason=_SAYS[says])
        self.is_said = says == "no"


class ConsentColumn:
    """One column: its place among the file's own, its name, and what its heading means."""

    def __init__(self, index: int, name: str, heading: ConsentHeading) -> None:
        self.index = index
        self.name = name
        self.heading = heading
        self._verdicts: dict[str, Verdict] = {}

    def verdict(self, cell: str) -> Verdict:
        """What a cell says."""
        found = self._verdicts.get(cell)
        if found is None:
            found = verdict(cell, self.heading)
            if len(self._verdicts) < _REMEMBERED and len(cell) < _LONG:
                self._verdicts[cell] = found
        return found

    def refusing(self, cells: Sequence[str]) -> dict[str, Verdict]:
        """The different cells among these whose rows do not consent."""
        verdicts = ((cell, self.verdict(cell)) for cell in set(cells))
        return {cell: found for cell, found in verdicts if found not in _GOES}


class ConsentColumns:
    """Which columns are read for consent (`read`), and which may be about another one (`unclear`).

    Raises:
        FileRefused: the settings name a column that the file does not have.
    """

    def __init__(self, columns: Columns, settings: CampaignSettings) -> None:
        self.sends_anyway = settings.on_no_consent == "send"
        self._named = settings.consent
        self._found = list(_found(columns))
        if settings.consent is not None:
            self.read = tuple(_named(columns, settings.consent, self._found))
            self.unclear: tuple[ConsentColumn, ...] = ()
        else:
            clear = [column for column in self._found if column.heading.is_clear]
            self.read = tuple(_decisive(clear))
            self.unclear = tuple(column for column in self._found if not column.heading.is_clear)
        self._asked = () if self.sends_anyway else self.read

    @property
    def is_there(self) -> bool:
        """Whether any column may speak of consent."""
        return bool(self.read or self.unclear)

    @property
    def is_asked(self) -> bool:
        """Whether rows that do not consent are left out."""
        return bool(self._asked)

    @property
    def indexes(self) -> frozenset[int]:
        """Of the columns that are read."""
        return frozenset(column.index for column in self.read)

    def require(self, cells: Sequence[str]) -> None:
        """Pass a row that consents, or of which nobody said anything.

        Raises:
            NoConsentError: it does not; its number is not read yet.
        """
        worst: tuple[ConsentColumn, Verdict] | None = None
        for column in self._asked:
            found = column.verdict(cells[column.index])
            if found == "no":
                raise NoConsentError(column.name, found)
            if found not in _GOES:
                worst = worst or (column, found)
        if worst:
            raise NoConsentError(worst[0].name, worst[1])

    def refusing(self, cells: Sequence[Sequence[str]]) -> set[int]:
        """The places of the rows that do not consent, in the file's own columns."""
        places: set[int] = set()
        for column in self._asked:
            if refusing := column.refusing(cells[column.index]):
                places.update(place for place, cell in enumerate(cells[column.index]) if cell in refusing)
        return places

    def readings(self, samples: tuple[str, ...]) -> Iterator[Reading]:
        """Which columns are read, and why."""
        if not self.read:
            return
        value = _joined([*dict.fromkeys(column.name for column in self.read)])
        others = [column for column in self._found if column.index not in self.indexes]
        choices = tuple(Choice(column.name, column.name) for column in others)
        if choices:
            choices = (Choice(value, value, samples), *choices)
        guessed = self._named is None and len(value) <= _NAMES_MAX
        yield Reading("consent", value, self._why(), samples, choices, guessed)

    def _why(self) -> str:
        says = dict.fromkeys(_said_by(column.heading) for column in self.read)
        follows = "are sent to all the same" if self.sends_anyway else "are left out"
        return f"{' and '.join(says)}; rows that do not agree {follows}"


def _said_by(heading: ConsentHeading) -> str:
    if heading.sense == "status":
        return "words such as unsubscribed count"
    if heading.sense == "refuses":
        return "says who wants no " + ("calls, and so no texts" if heading.about == "calls" else "messages")
    return "says who agrees to messages"


def _found(columns: Columns) -> Iterator[ConsentColumn]:
    """All columns whose headings speak of consent, but for those that have a meaning of their own."""
    own = {columns.to, columns.message, columns.media, columns.sender, columns.timezone}
    for index, name in enumerate(columns.names):
        if index not in own and (heading := consent_heading(name, columns.names[columns.to])):
            yield ConsentColumn(index, name, heading)


def _decisive(columns: Sequence[ConsentColumn]) -> Iterator[ConsentColumn]:
    """Those that are read where several speak of consent: every refusal, and of agreements the most exact. Times only
    say what no other column does."""
    flags = [column.heading for column in columns if not column.heading.is_time]
    texts = any(heading.about == "texts" for heading in flags)
    refusals = any(heading.sense == "refuses" for heading in flags)
    agrees = [column.heading for column in columns if column.heading.sense in ("agrees", "either")]
    exact = 0 if texts else min(map(_inexactness, agrees), default=0)
    for column in columns:
        about, sense, is_time, _ = column.heading
        if sense == "refuses":
            counts = not (is_time and (texts or refusals))
        elif sense == "status":
            counts = about == "texts" or not texts
        else:
            counts = about == "calls" or _inexactness(column.heading) == exact
        if counts:
            yield column


def _inexactness(heading: ConsentHeading) -> int:
    return ("texts", "anything", "calls").index(heading.about) * 2 + heading.is_time


def _named(columns: Columns, names: str, found: Sequence[ConsentColumn]) -> Iterator[ConsentColumn]:
    meanings = {column.index: column.heading for column in found if column.heading.is_clear}
    for name in (names,) if columns.find(names) is not None else _split(names):
        if columns.find(name) is None:
            raise _no_such_column(columns, name, found)
        for index, heading in enumerate(columns.names):
            if heading_key(heading) == heading_key(name):
                yield ConsentColumn(index, heading, meanings.get(index) or named_heading(heading))


def _no_such_column(columns: Columns, name: str, found: Sequence[ConsentColumn]) -> Exception:
    choices = tuple(Choice(column.name, column.name) for column in found)
    return refused(
        "no_such_consent_column",
        name=name,
        nearest=columns.nearest(name),
        headings=columns.named(),
        question=Question("consent", choices) if choices else None,
    )


def _split(names: str) -> list[str]:
    """Names separated by commas; one with a comma in it stands in quotes."""
    record = next(csv.reader(io.StringIO(names, newline=""), skipinitialspace=True), [])
    return [name.strip() for name in record if name.strip()]


def _joined(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue() if '"' in line.getvalue() else line.getvalue().replace(",", ", ")
