"""Merge fields, `{{first_name}}` and `{{first_name|there}}`: compiled once, filled in per row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from dispatcher.roster.columns import Columns
from dispatcher.roster.rejections import RowError

_FIELD = re.compile(r"\{\{([^{}]*)\}\}")
_ERROR_VALUES = frozenset(
    ("#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#ERROR!", "#SPILL!", "#CALC!")
)
_SHOWN = 40


class _MergeField(NamedTuple):
    """The text before a merge field, the column's index, what to say when it is empty."""

    before: str
    column: int
    default: str | None


class MessageTemplate:
    """A message to be filled in."""

    def __init__(self, fields: tuple[_MergeField, ...], tail: str, names: Sequence[str]) -> None:
        self._fields = fields
        self._tail = tail
        self._names = names
        self.indexes = frozenset(field.column for field in fields)

    def render(self, cells: Sequence[str]) -> str:
        """The message for one row.

        Raises:
            RowError: a value is missing, is a spreadsheet's error, or brings a merge field of its own.
        """
        if not self._fields:
            return self._tail
        parts = []
        for before, index, default in self._fields:
            value = cells[index].strip()
            if not value:
                if default is None:
                    raise RowError("missing_value", self._names[index], field=self._names[index][:_SHOWN])
                value = default
            elif value[0] == "#" and value.upper() in _ERROR_VALUES:
                raise RowError("cell_error", self._names[index])
            parts.append(before)
            parts.append(value)
        parts.append(self._tail)
        text = "".join(parts)
        if "{{" in text:
            raise RowError("merge_leftover")
        return text


def _field(before: str, inner: str, columns: Columns) -> _MergeField:
    name, has_default, default = inner.partition("|")
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
