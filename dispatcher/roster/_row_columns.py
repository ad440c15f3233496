"""Many rows read at once, by column, where nothing about them is out of the ordinary.

`_rows.RowReader` says what a row is; here the same is said of hundreds of rows in a few passes over columns. A row with
anything to refuse, to look up or to decide is only found, and left to the reader of single rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from dispatcher.model.invisible_characters import is_seen
from dispatcher.model.recipient_block import RecipientBlock
from dispatcher.model.smart_encoding import all_smart_encoded
from dispatcher.roster._empty_words import EMPTY_WORDS
from dispatcher.roster._number_columns import NumberColumns
from dispatcher.roster._rows import TEXT_MAX, RowReader
from dispatcher.roster.formula_guard import NO_SAVED_VALUE
from dispatcher.roster.rejections import RowError

T = TypeVar("T")
Column = Sequence[str]


class RowColumns:
    """Reads what `rows` reads, many rows at a time. For files without groups."""

    def __init__(self, rows: RowReader) -> None:
        self._rows = rows
        self._numbers = NumberColumns(rows.numbers.area_codes, rows.numbers.exchanges)

    def read(self, lines: Sequence[int], cells: Sequence[Column]) -> tuple[RecipientBlock, set[int]]:
        """The rows in these columns, counted from 0, and the places of those that have to be read by themselves."""
        count = len(lines)
        numbers, odd = self._numbers.read(self._rows.recipient_cells(cells))
        senders = self._senders(cells, count, odd)
        texts = self._texts(cells, count, odd)
        media = self._media(cells, count, odd)
        if not all(texts) and not all(media):
            odd.update(place for place, text in enumerate(texts) if not text and not media[place])
        zones = self._zones(cells, count, odd)
        odd |= self._rows.consent.left_out(cells)
        return RecipientBlock(range(count), lines, numbers, senders, texts, media, zones, tuple(cells)), odd

    def _senders(self, cells: Sequence[Column], count: int, odd: set[int]) -> Sequence[str | None]:
        rows = self._rows
        if rows.sender_index is None:
            return [None] * count
        column = cells[rows.sender_index]
        if not rows.has_senders:
            odd.update(place for place, cell in enumerate(column) if not cell.strip())
        return _each_read(column, lambda cell: rows.senders[cell] if cell.strip() else None, None, odd)

    def _texts(self, cells: Sequence[Column], count: int, odd: set[int]) -> Sequence[str | None]:
        index = self._rows.message_index
        own = [] if index is None else list(map(str.strip, cells[index]))
        texts: Sequence[str] = own if own and all(own) else self._common_texts(cells, count, odd)
        if any(own):
            odd.update(self._not_literal(own))
            texts = [text or common for text, common in zip(own, texts, strict=True)]
        if any(own) or (self._rows.template and not self._rows.template.is_seen):
            odd.update(_unseen(texts))
        if self._rows.smart_encoding:
            texts = all_smart_encoded(texts)
            odd.update(place for place, text in enumerate(texts) if "{{" in text)
        if max(map(len, texts)) > TEXT_MAX // 2:
            odd.update(place for place, text in enumerate(texts) if len(text) > TEXT_MAX // 2)
        return texts if all(texts) else [text or None for text in texts]

    def _not_literal(self, own: Sequence[str]) -> set[int]:
        """The places of texts with merge fields, ours or those of another system, and of those that nobody knows."""
        odd = {
            place
            for place, text in enumerate(own)
            if "{{" in text or "}}" in text or text == NO_SAVED_VALUE or text in EMPTY_WORDS
        }
        literal = [text for place, text in enumerate(own) if place not in odd] if odd else own
        placeholders = self._rows.placeholders
        if placeholders.any_in(literal):
            odd.update(place for place, text in enumerate(own) if placeholders.find(text))
        return odd

    def _common_texts(self, cells: Sequence[Column], count: int, odd: set[int]) -> list[str]:
        """The campaign's message in each row, empty if it has none."""
        template = self._rows.template
        if template is None:
            return [""] * count
        texts, unusual = template.render_all(cells, count)
        odd |= unusual
        return texts

    def _media(self, cells: Sequence[Column], count: int, odd: set[int]) -> Sequence[tuple[str, ...]]:
        rows = self._rows
        common = rows.campaign_media
        if rows.media_index is None:
            return [common] * count
        column = cells[rows.media_index]
        if rows.campaign_media_invalid:
            odd.update(place for place, cell in enumerate(column) if not cell.strip())
        return _each_read(column, lambda cell: rows.media_cells[cell] if cell.strip() else common, (), odd)

    def _zones(self, cells: Sequence[Column], count: int, odd: set[int]) -> Sequence[str | None]:
        if self._rows.zone_index is None:
            return [None] * count
        return _each_read(cells[self._rows.zone_index], self._rows.zones.__getitem__, None, odd)


def _unseen(texts: Sequence[str]) -> Iterator[int]:
    """The places of texts of which nothing is seen."""
    joined = "".join(texts)
    if not (joined.isascii() and joined.isprintable()):
        yield from (place for place, text in enumerate(texts) if text and not is_seen(text))


def _each_read(column: Column, read: Callable[[str], T], otherwise: T, odd: set[int]) -> list[T]:
    """What stands in each cell, equal cells read once. What cannot be read is `odd`."""
    readings: dict[str, T] = {}
    refused = set()
    for cell in set(column):
        try:
            readings[cell] = read(cell)
        except RowError:
            readings[cell] = otherwise
            refused.add(cell)
    if refused:
        odd.update(place for place, cell in enumerate(column) if cell in refused)
    return [readings[cell] for cell in column]
