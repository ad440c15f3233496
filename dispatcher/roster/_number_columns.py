"""A column of recipients' numbers read at once, where they stand as nearly everybody writes them.

`numbers` and `_nanp` say what a number is. Here it is only recognised that a cell is one of the plainest writings,
which both read alike; a test compares them. All else is left to them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Writings with every digit as 0: `12125550100`, `+1 212 555 0100`, `(212) 555-0100`, `212.555.0100`, …
_SHAPE = re.compile(rb"(?:\+?0[ .\-]?)?\(?000\)?[ .\-]{0,2}000[ .\-]?0000")
_DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
_BETWEEN = b" .-+()"
#: Different writings whose verdict is remembered.
_REMEMBERED = 256


class NumberColumns:
    """Reads columns of numbers. `area_codes` and `exchanges` are those whose numbers need no closer look."""

    def __init__(self, area_codes: frozenset[str], exchanges: frozenset[str]) -> None:
        self._beginnings = frozenset("1" + area_code for area_code in area_codes)
        self._exchanges = exchanges
        self._shapes: dict[bytes, bool] = {}

    def read(self, cells: Sequence[str]) -> tuple[Sequence[str], set[int]]:
        """The 11 digits of each cell, and the places of those that need a closer look."""
        numbers = self._written_out(cells)
        if self._beginnings.issuperset([number[:4] for number in numbers]) and self._exchanges.issuperset(
            [number[4:7] for number in numbers]
        ):
            return numbers, set()
        return numbers, {
            place
            for place, number in enumerate(numbers)
            if number[:4] not in self._beginnings or number[4:7] not in self._exchanges
        }

    def _written_out(self, cells: Sequence[str]) -> Sequence[str]:
        """The digits of each cell, the 1 before them; nothing where it is not written in an ordinary way."""
        text = "".join(cells)
        if text.isdecimal() and text.isascii() and set(map(len, cells)) == {11}:
            return cells
        cells = list(map(str.strip, cells))
        text = "\n".join(cells)
        if not text.isascii() or text.count("\n") >= len(cells):
            cells = [cell if cell.isascii() and "\n" not in cell else "" for cell in cells]
            text = "\n".join(cells)
        return self._by_shape(text.encode("ascii"))

    def _by_shape(self, text: bytes) -> list[str]:
        shapes = text.translate(_DIGITS_AS_ZERO).split(b"\n")
        digits = text.translate(None, _BETWEEN).decode("ascii").split("\n")
        known = {shape: self._is_ordinary(shape) for shape in set(shapes)}
        if not all(known.values()):
            digits = [each if known[shape] else "" for shape, each in zip(shapes, digits, strict=True)]
        return ["1" + each if len(each) == 10 else each for each in digits]

    def _is_ordinary(self, shape: bytes) -> bool:
        if (known := self._shapes.get(shape)) is None:
            known = _SHAPE.fullmatch(shape) is not None
            if len(self._shapes) < _REMEMBERED:
                self._shapes[shape] = known
        return known
