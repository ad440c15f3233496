"""The first line of a campaign file: what each column is for."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from dispatcher.errors import Choice, Question
from dispatcher.roster.rejections import refused

#: Names of the recipient column, without case, spaces, `_` and `-`.
_RECIPIENTS = (
    "to tonumber recipient recipients recipientnumber recipientphone recipientphonenumber "
    "phone phone# phoneno phoneno. phonenumber phonenumbers phone1value primaryphone customerphone "
    "mobile mobileno mobileno. mobilenumber mobilephone mobilephonenumber "
    "cell cellnumber cellphone cellphonenumber cellular telephone telephonenumber tel "
    "number msisdn contactnumber contactphone sms smsnumber mmsnumber"
)
RECIPIENT_NAMES = frozenset(_RECIPIENTS.split())

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


def _short(heading: str) -> str:
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
    """Whether a column of this name holds the recipients' numbers."""
    return heading_key(heading) in RECIPIENT_NAMES


class UnderstoodColumn(NamedTuple):
    """One column: its name as written, and what it was understood as."""

    column: str
    meaning: str


class Columns:
    """The columns of a file. Indexes count its own columns, without those that an earlier check wrote."""

    def __init__(self, names: Sequence[str], *, line: int, to: str | None = None) -> None:
        self.line = line
        self.names = tuple(names)
        self._indexes: dict[str, list[int]] = {}
        for index, name in enumerate(names):
            self._indexes.setdefault(heading_key(name), []).append(index)
        self.to = self._recipient_column() if to is None else self._named_column(to)
        self.message, self.media, self.sender, self.timezone = map(self._reserved_column, RESERVED)

    def _named_column(self, name: str) -> int:
        if self.is_ambiguous(name):
            raise refused("two_columns_alike", line=self.line, heading=name)
        index = self.find(name)
        if index is None:
            nearest = self.nearest(name)
            raise refused("no_such_column", name=name, nearest=nearest, headings=self.named())
        return index

    def _recipient_column(self) -> int:
        found = [column for column in self.names if is_recipient(column)]
        if len(found) > 1:
            question = Question("to", tuple(Choice(column, column) for column in found))
            headings = ", ".join(map(_short, found))
            raise refused("two_recipient_columns", line=self.line, question=question, headings=headings)
        if not found:
            raise refused(
                "no_recipient_column",
                line=self.line,
                headings=self.named(),
                nearest=self._perhaps_recipient(),
            )
        return self.names.index(found[0])

    def _perhaps_recipient(self) -> str:
        for column in self.names:
            if difflib.get_close_matches(heading_key(column), RECIPIENT_NAMES, n=1, cutoff=0.75):
                return f"; is it {_short(column)!r}?"
        return ""

    def _reserved_column(self, name: str) -> int | None:
        indexes = [index for key in RESERVED[name] for index in self._indexes.get(key, ())]
        if len(indexes) > 1:
            raise refused("two_columns_alike", line=self.line, column=name, heading=name)
        return indexes[0] if indexes else None

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
        return f"; did you mean {_short(keys[close[0]])!r}?" if close else ""

    def named(self) -> str:
        """The columns' names in one line: the first ones of many, the beginnings of long ones."""
        names = [_short(column) for column in self.names if column]
        more = len(names) - _NAMED_MAX
        return ", ".join(names[:_NAMED_MAX]) + (f" and {more} more" if more > 0 else "")

    def understood(self, used: frozenset[int], group_by: int | None) -> tuple[UnderstoodColumn, ...]:
        """How each column was understood, when the message uses these columns."""
        special: dict[int | None, str] = {
            self.to: "recipient",
            self.message: "message",
            self.media: "media",
            self.sender: "sender",
        }
        special |= {self.timezone: "time zone", group_by: "group"}

        def meaning(index: int) -> str:
            return special.get(index) or ("merge field, used" if index in used else "merge field")

        return tuple(UnderstoodColumn(column, meaning(index)) for index, column in enumerate(self.names))
