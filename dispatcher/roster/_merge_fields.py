"""Merge fields, `{{first_name}}` and `{{first_name|there}}`: compiled once, filled in per row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from dispatcher.model.invisible_characters import is_seen
from dispatcher.roster._empty_words import EMPTY_WORDS, ERROR_VALUES, EmptyWords
from dispatcher.roster.columns import Columns
from dispatcher.roster.rejections import RowError

_FIELD = re.compile(r"\{\{([^{}]*)\}\}")
#: What is nobody's value: read one by one.
_NO_VALUES = ERROR_VALUES | EMPTY_WORDS | {""}
_SHOWN = 40
#: Between the messages of many rows while they are one text. No file has it: it would be refused as damaged.
_END = "\0"


class _MergeField(NamedTuple):
    """The text before a merge field, the column's index, what to say when it is empty."""

    before: str
    column: int
    default: str | None


class MessageTemplate:
    """A message to be filled in. `is_seen`: whether anything of it is seen, whatever the row."""

    def __init__(self, fields: tuple[_MergeField, ...], tail: str, names: Sequence[str]) -> None:
        self._fields = fields
        self._tail = tail
        self._names = names
        self.indexes = frozenset(field.column for field in fields)
        self.is_seen = is_seen(tail) or any(is_seen(field.before) for field in fields)

    def render(self, cells: Sequence[str], empty_words: EmptyWords) -> str:
        """The message for one row.

        Raises:
            RowError: a value is missing, is a spreadsheet's error, or brings a merge field of its own.
        """
        if not self._fields:
            return self._tail
        parts = []
        for before, index, default in self._fields:
            value = cells[index].strip()
            if value in _NO_VALUES:
                if value in ERROR_VALUES:
                    raise RowError("cell_error", self._names[index])
                empty_words.count(value)
                if default is None:
                    raise RowError("missing_value", self._names[index], field=self._names[index][:_SHOWN])
                value = default
            parts.append(before)
            parts.append(value)
        parts.append(self._tail)
        text = "".join(parts)
        if "{{" in text:
            raise RowError("merge_leftover")
        return text

    def render_all(self, columns: Sequence[Sequence[str]], count: int) -> tuple[list[str], set[int]]:
        """The messages of so many rows, held by column, and the places of those that `render` has to look at."""
        if not self._fields:
            return [self._tail] * count, set()
        odd: set[int] = set()
        width = 2 * len(self._fields) + 1
        pieces = [
            *(piece for field in self._fields for piece in (field.before, "")),
            self._tail + _END,
        ] * count
        for place, field in enumerate(self._fields):
            pieces[2 * place + 1 :: width] = _values(columns[field.column], field.default, odd)
        pieces[-1] = self._tail
        joined = "".join(pieces)
        texts = joined.split(_END)
        if len(texts) != count:
            return [""] * count, set(range(count))
        if "{{" in joined:
            odd.update(place for place, text in enumerate(texts) if "{{" in text)
        return texts, odd


def _values(column: Sequence[str], default: str | None, odd: set[int]) -> list[str]:
    """What a merge field stands for in each row. Where it is empty without a default, or no value, is `odd`."""
    values = list(map(str.strip, column))
    found = _NO_VALUES.intersection(values)
    if not found:
        return values
    if found != {""}:
        odd.update(place for place, value in enumerate(values) if value and value in _NO_VALUES)
    if default is None:
        odd.update(place for place, value in enumerate(values) if not value)
    return [value or default or "" for value in values]


def _field(before: str, inner: str, columns: Columns) -> _MergeField:
    name, has_default, default = inner.partition("|")
    if has_default and columns.find(inner) is not None:  # a heading with a bar of its own
        name, has_default = inner, ""
    name = name.strip()
    if not name:
        raise RowError("bad_template")
    if columns.is_ambiguous(name):
        raise RowError("ambiguous_field", field=name[:_SHOWN], headings=columns.named())
    index = columns.find(name)
    if index is None:
        raise RowError(
            "unknown_field", field=name[:_SHOWN], nearest=columns.nearest(name), headings=columns.named()
        )
    return _MergeField(before, index, default.strip() if has_default else None)


def compile_template(text: str, columns: Columns) -> MessageTemplate:
    """Take a message apart.

    Raises:
        RowError: a merge field is not well formed or names no column, or more than one.
    """
    pieces = _FIELD.split(text)
    literals, inners = pieces[0::2], pieces[1::2]
    if any("{{" in literal or "}}" in literal for literal in literals):
        raise RowError("bad_template")
    fields = tuple(_field(before, inner, columns) for before, inner in zip(literals, inners, strict=False))
    return MessageTemplate(fields, literals[-1], columns.names)
