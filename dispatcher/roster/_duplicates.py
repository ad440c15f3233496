"""The memory of the numbers that a file has named so far: exact, and small at any size.

Per area code and exchange, the last four digits are kept as the characters of a string while there are few
of them, and as a bitmap of 1,250 bytes once there are many. Ten million random numbers take some 80 MB, ten
million in a row 2 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

#: Up to here a string of two bytes a number is smaller than the bitmap.
_FEW = 600
_BITMAP_BYTES = 10_000 // 8


def _bitmap(lines: str) -> bytearray:
    bits = bytearray(_BITMAP_BYTES)
    for char in lines:
        line = ord(char)
        bits[line >> 3] |= 1 << (line & 7)
    return bits


class SeenNumbers:
    """A set of 11-digit numbers that one can only add to."""

    def __init__(self) -> None:
        self._few: dict[int, str] = {}
        self._many: dict[int, bytearray] = {}

    def add(self, number: str) -> bool:
        """Remember a number; False if it was there already."""
        exchange, line = divmod(int(number), 10_000)
        lines = self._few.get(exchange)
        if lines is None:
            if exchange in self._many:
                return self._add_bit(self._many[exchange], line)
            self._few[exchange] = chr(line)
            return True
        char = chr(line)
        if char in lines:
            return False
        self._few[exchange] = lines + char
        if len(lines) >= _FEW:
            self._many[exchange] = _bitmap(self._few.pop(exchange))
        return True

    def add_all(self, numbers: Sequence[str]) -> list[int]:
        """Remember many; answers the places of those that were there already."""
        left = []
        few, many = self._few, self._many
        for place, (exchange, line) in enumerate(map(divmod, map(int, numbers), repeat(10_000))):
            lines, char = few.get(exchange), chr(line)
            if lines is None and exchange not in many:
                few[exchange] = char
            elif lines is not None and char not in lines and len(lines) < _FEW:
                few[exchange] = lines + char
            else:
                left.append(place)  # and so is the same number further down
        return [place for place in left if not self.add(numbers[place])]

    @staticmethod
    def _add_bit(bits: bytearray, line: int) -> bool:
        index, bit = line >> 3, 1 << (line & 7)
        if bits[index] & bit:
            return False
        bits[index] |= bit
        return True
