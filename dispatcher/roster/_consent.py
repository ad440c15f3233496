"""The columns of a file that say who consents to texts, and the rows that do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dispatcher.errors import Choice
from dispatcher.model.campaign import CampaignSettings
from dispatcher.roster._consent_choice import ConsentColumn, choose_columns, joined_names
from dispatcher.roster._consent_headings import ConsentHeading
from dispatcher.roster._consent_values import Verdict
from dispatcher.roster.columns import Columns, short_heading
from dispatcher.roster.readings import Reading
from dispatcher.roster.rejections import RowError

#: The most characters that a setting keeps.
_NAMES_MAX = 2000
#: What keeps a row from being sent, the plainest first.
_REFUSALS: dict[Verdict, str] = {
    "no": "the column says no",
    "unclear": "the column says neither yes nor no",
    "silent": "the column says nothing",
}
_RANK = list(_REFUSALS)

#: The file's own columns by their indexes, at least those that are read.
CellsByColumn = Mapping[int, Sequence[str]] | Sequence[Sequence[str]]


class NoConsent(NamedTuple):
    """Why a row is left out: the column, and what it says."""

    column: ConsentColumn
    says: Verdict


class NoConsentError(RowError):
    """A row does not consent. `is_said`: it says no, so that no other row with its number counts either."""

    def __init__(self, why: NoConsent) -> None:
        super().__init__("no_consent", why.column.name, reason=_REFUSALS[why.says])
        self.is_said = why.says == "no"


class ConsentColumns:
    """Which columns are read for consent (`read`), and which may be about another one (`unclear`).

    Raises:
        FileRefused: the settings name a column that the file does not have.
    """

    def __init__(self, columns: Columns, settings: CampaignSettings) -> None:
        self.sends_anyway = settings.on_no_consent == "send"
        self._is_named = settings.consent is not None
        self.read, self.unclear, self._others = choose_columns(columns, settings.consent)

    @property
    def is_there(self) -> bool:
        """Whether any column may speak of consent."""
        return bool(self.read or self.unclear)

    @property
    def is_asked(self) -> bool:
        """Whether rows that do not consent are left out."""
        return bool(self.read) and not self.sends_anyway

    @property
    def indexes(self) -> frozenset[int]:
        """Of the columns that are read."""
        return frozenset(column.index for column in self.read)

    def require(self, cells: Sequence[str]) -> None:
        """Pass a row that consents, or of which nobody said anything.

        Raises:
            NoConsentError: it does not; its number is not read yet.
        """
        if self.is_asked:
            refusals = self.refusals({column.index: (cells[column.index],) for column in self.read})
            if refusals:
                raise NoConsentError(refusals[0])

    def left_out(self, cells: CellsByColumn) -> set[int]:
        """The places of the rows that are left out, of many whose cells stand by column."""
        return set(self.refusals(cells)) if self.is_asked else set()

    def refusals(self, cells: CellsByColumn) -> dict[int, NoConsent]:
        """The places of the rows that do not consent, of many whose cells stand by column. Where one column says
        nothing, a yes in another is one."""
        found: dict[int, NoConsent] = {}
        for column in self.read:
            says = {cell: column.verdict(cell) for cell in set(cells[column.index])}
            refusing = {cell: NoConsent(column, each) for cell, each in says.items() if each in _REFUSALS}
            if not refusing:
                continue
            for place, cell in enumerate(cells[column.index]):
                if cell in refusing:
                    found[place] = _plainer(found.get(place), refusing[cell])
        if len(self.read) > 1:
            silent = [place for place, why in found.items() if why.says == "silent"]
            for place in filter(lambda place: self._agrees(cells, place), silent):
                del found[place]
        return found

    def _agrees(self, cells: CellsByColumn, place: int) -> bool:
        return any(column.verdict(cells[column.index][place]) == "yes" for column in self.read)

    def readings(self, samples: tuple[str, ...]) -> Iterator[Reading]:
        """Which columns are read, and why."""
        if not self.read:
            return
        value = joined_names(self.read)
        choices = tuple(Choice(column.name, column.name) for column in (*self.unclear, *self._others))
        if choices:
            choices = (Choice(value, value, samples), *choices)
        guessed = not self._is_named and len(value) <= _NAMES_MAX
        yield Reading("consent", value, self._why(), samples, choices, guessed)

    def _why(self) -> str:
        says: dict[str, list[str]] = {}
        for column in self.read:
            says.setdefault(_said_by(column.heading), []).append(f"`{short_heading(column.name)}`")
        told = [*says] if len(says) == 1 else [f"{', '.join(names)} {each}" for each, names in says.items()]
        follows = "are sent to all the same" if self.sends_anyway else "are left out"
        return f"{'; '.join(told)}; rows that do not agree {follows}"


def _plainer(one: NoConsent | None, other: NoConsent) -> NoConsent:
    return other if one is None or _RANK.index(other.says) < _RANK.index(one.says) else one


def _said_by(heading: ConsentHeading) -> str:
    if heading.sense == "status":
        return "says so in words such as unsubscribed, and only in those"
    if heading.sense == "refuses":
        return "says who wants no " + ("calls, and so no texts" if heading.about == "calls" else "messages")
    return "says when somebody agreed" if heading.is_time else "says who agrees to messages"
