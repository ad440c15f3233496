"""The first line of a campaign file: what each column is for."""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from dispatcher.errors import Choice
from dispatcher.roster._heading_grammar import naming_of
from dispatcher.roster._heading_row import Sought
from dispatcher.roster._labelled_numbers import LabelledNumbers
from dispatcher.roster.formula_guard import bare
from dispatcher.roster.readings import Reading
from dispatcher.roster.rejections import refused
from dispatcher.roster.size_limits import HEADING_CHARACTERS

#: Keys of headings that hold recipients though they say nothing of telephones.
_RECIPIENTS = frozenset(("to", "recipient", "recipients", "number"))
#: In a line that another separator cuts.
_SEPARATED = re.compile(r"[;|\t]")
_DIGITS = re.compile(r"\d+")

#: Columns with a meaning of their own → the names they go by.
RESERVED = {
    "message": frozenset({"message"}),
    "media_urls": frozenset({"mediaurls", "mediaurl"}),
    "from": frozenset({"from"}),
    "timezone": frozenset({"timezone"}),
}

#: Written by `check --errors`, ignored when such a file comes back.
ERROR_COLUMNS = ("error_line", "error_column", "error_code", "error_message")


#: Columns that a sentence names, and characters of each.
_NAMED_MAX, _NAME_CHARACTERS = 40, 60


def short_heading(heading: str) -> str:
    """The beginning of a heading, for a sentence."""
    return heading if len(heading) <= _NAME_CHARACTERS else f"{heading[:_NAME_CHARACTERS]}…"


def heading_key(heading: str) -> str:
    """What makes two headings the same: letters and digits, not case, spaces, `_`, `-` or invisible signs."""
    text = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(
        char for char in text if not (char.isspace() or char in "_-" or unicodedata.category(char) == "Cf")
    )


_ERROR_KEYS = frozenset(map(heading_key, ERROR_COLUMNS))


def is_error_column(heading: str) -> bool:
    """Whether an earlier check wrote this column."""
    return heading_key(heading) in _ERROR_KEYS


def is_recipient(heading: str) -> bool:
    """Whether a column of this name holds the recipients' numbers, as far as a heading tells."""
    if heading_key(heading) in _RECIPIENTS:
        return True
    naming = None if _SEPARATED.search(heading) else naming_of(heading)
    return naming is not None and naming.sure and naming.bond != "third"


def sought_headings(to: str | None) -> Sought:
    """What tells the line of headings; `to` is what the recipients' column, or several with labels, were named."""
    if to is None:
        return Sought(is_recipient)
    wanted = heading_key(to)
    return Sought(
        is_recipient,
        lambda heading: wanted in (heading_key(bare(heading)), heading_key(_DIGITS.sub("", bare(heading)))),
    )


def refuse_long_headings(names: Sequence[str], line: int) -> None:
    """No heading is longer than a sentence about it can be.

    Raises:
        FileRefused: `heading_too_long`.
    """
    longest = max(map(len, names))
    if longest > HEADING_CHARACTERS:
        raise refused("heading_too_long", line=line, characters=longest, limit=HEADING_CHARACTERS)


class UnderstoodColumn(NamedTuple):
    """One column: its name as written, and what it was understood as."""

    column: str
    meaning: str


class RecipientColumn(NamedTuple):
    """The column of the recipients: `setting` is what `to` would say, `choices` what else it could say. `labelled`, if
    the number of each row is found by its label. `others` are columns with numbers of the same people. `is_usual`: all
    programs find it by its name."""

    place: int
    setting: str
    why: str
    guessed: bool = True
    samples: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    others: tuple[int, ...] = ()
    labelled: LabelledNumbers | None = None
    is_usual: bool = False

    @property
    def reading(self) -> Reading:
        """As it stands in a check."""
        return Reading("to", self.setting, self.why, self.samples, self.choices, self.guessed)


class Headings:
    """The names of a file's columns, without those that an earlier check wrote, and the line where they stand."""

    def __init__(self, names: Sequence[str], *, line: int) -> None:
        self.line = line
        self.names = tuple(names)
        self._indexes: dict[str, list[int]] = {}
        for index, name in enumerate(names):
            self._indexes.setdefault(heading_key(name), []).append(index)

    @property
    def hash(self) -> str:
        """The same for files with the same headings in the same order."""
        return hashlib.sha256("\n".join(map(heading_key, self.names)).encode()).hexdigest()[:32]

    def find(self, name: str) -> int | None:
        """The index of the (first) column that goes by this name, None if there is none."""
        key = heading_key(name)
        return self._indexes[key][0] if key and key in self._indexes else None

    def is_ambiguous(self, name: str) -> bool:
        """Whether several columns go by this name."""
        return len(self._indexes.get(heading_key(name), ())) > 1

    def nearest(self, name: str) -> str:
        """The phrase `; did you mean 'first_name'?`, or nothing when no column comes close."""
        keys = {heading_key(column): column for column in self.names if column}
        close = difflib.get_close_matches(heading_key(name), keys, n=1)
        return f"; did you mean {short_heading(keys[close[0]])!r}?" if close else ""

    def named(self) -> str:
        """The columns' names in one line: the first ones of many, the beginnings of long ones."""
        names = [short_heading(column) for column in self.names if column]
        more = len(names) - _NAMED_MAX
        return ", ".join(names[:_NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


class Columns(Headings):
    """What the columns are for. Indexes count those of `Headings`."""

    def __init__(self, headings: Headings, recipient: RecipientColumn) -> None:
        super().__init__(headings.names, line=headings.line)
        self.to = recipient.place
        self.labelled = recipient.labelled
        #: Other columns with numbers of the same people.
        self.others = recipient.others
        self.is_usual = recipient.is_usual
        self.message, self.media, self.sender, self.timezone = map(self._reserved_column, RESERVED)

    @property
    def of_numbers(self) -> tuple[int, ...]:
        """The columns that telephone numbers are read from."""
        values = tuple(value for _, value in self.labelled.pairs) if self.labelled else ()
        return (self.to, *values) if self.sender is None else (self.to, self.sender, *values)

    def recipient_cell(self, cells: Sequence[str]) -> str:
        """The recipient of a row."""
        return cells[self.to] if self.labelled is None else self.labelled.cell(cells)

    def recipient_cells(self, columns: Sequence[Sequence[str]]) -> Sequence[str]:
        """The recipients of many rows, whose cells stand by column."""
        return columns[self.to] if self.labelled is None else self.labelled.column(columns)

    def _reserved_column(self, name: str) -> int | None:
        indexes = [index for key in RESERVED[name] for index in self._indexes.get(key, ())]
        if len(indexes) > 1:
            raise refused("two_columns_alike", line=self.line, column=name, heading=name)
        return indexes[0] if indexes else None

    def understood(
        self, used: frozenset[int], group_by: int | None, consent: frozenset[int]
    ) -> tuple[UnderstoodColumn, ...]:
        """How each column was understood, when the message uses these columns, and those are read for consent."""
        special: dict[int | None, str] = {
            **dict.fromkeys(consent, "consent"),
            self.to: "recipient",
            self.message: "message",
            self.media: "media",
            self.sender: "sender",
        }
        special |= {self.timezone: "time zone", group_by: "group"}
        for label, value in self.labelled.pairs if self.labelled else ():
            special |= {label: "label of a recipient", value: "recipient"}

        def meaning(index: int) -> str:
            return special.get(index) or ("merge field, used" if index in used else "merge field")

        return tuple(UnderstoodColumn(column, meaning(index)) for index, column in enumerate(self.names))
