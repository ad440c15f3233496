"""The memory of the numbers that a file has named so far: exact, and small at any size.

The first million is a set, which is quickest. Beyond it memory counts: per area code and exchange, the last four
digits are kept as the characters of a string while there are few of them, and as a bitmap of 1,250 bytes once there are
many. Ten million random numbers take some 80 MB, ten million in a row 2 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

#: So many numbers are kept as they are, in at most 72 MB: the next would double the set.
_AS_THEY_ARE = 1_250_000
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
        self._first: set[int] | None = set()
        self._few: dict[int, str] = {}
        self._many: dict[int, bytearray] = {}

    def __contains__(self, number: str) -> bool:
        if self._first is not None:
            return int(number) in self._first
        exchange, line = divmod(int(number), 10_000)
        bits = self._many.get(exchange)
        return (
            chr(line) in self._few.get(exchange, "")
            if bits is None
            else bool(bits[line >> 3] >> (line & 7) & 1)
        )

    def copy(self) -> SeenNumbers:
        """The same numbers, to go on from."""
        other = SeenNumbers()
        other._first = None if self._first is None else set(self._first)
        other._few, other._many = dict(self._few), {key: bytearray(bits) for key, bits in self._many.items()}
        return other

    def add(self, number: str) -> bool:
        """Remember a number; False if it was there already."""
        return not self.add_all((number,))

    def add_all(self, numbers: Sequence[str]) -> list[int]:
        """Remember many; answers the places of those that were there already."""
        if self._first is None:
            return self._add_packed(list(map(int, numbers)))
        again = self._add_first(self._first, list(map(int, numbers)))
        if len(self._first) > _AS_THEY_ARE:
            self._pack(self._first)
        return again

    @staticmethod
    def _add_first(first: set[int], numbers: list[int]) -> list[int]:
        new = set(numbers)
        if len(new) == len(numbers) and first.isdisjoint(new):
            first |= new
            return []
        again = []
        for place, number in enumerate(numbers):
            if number in first:
                again.append(place)
            else:
                first.add(number)
        return again

    def _pack(self, first: set[int]) -> None:
        """From now on numbers are kept small. Some leave the set before the next come."""
        self._first = None
        while first:
            self._add_packed([first.pop() for _ in range(min(1024, len(first)))])

    def _add_packed(self, numbers: list[int]) -> list[int]:
        left = []
        few, many = self._few, self._many
        for place, (exchange, line) in enumerate(map(divmod, numbers, repeat(10_000))):
            lines, char = few.get(exchange), chr(line)
            if lines is None and exchange not in many:
                few[exchange] = char
            elif lines is not None and char not in lines and len(lines) < _FEW:
                few[exchange] = lines + char
            else:
                left.append(place)  # and so is the same number further down
        return [place for place in left if not self._add_dense(*divmod(numbers[place], 10_000))]

    def _add_dense(self, exchange: int, line: int) -> bool:
        """The same, where an exchange may have many numbers."""
        lines = self._few.get(exchange)
        if lines is not None and chr(line) in lines:
            return False
        if lines is not None:
            self._many[exchange] = _bitmap(self._few.pop(exchange))
        return self._add_bit(self._many[exchange], line)

    @staticmethod
    def _add_bit(bits: bytearray, line: int) -> bool:
        index, bit = line >> 3, 1 << (line & 7)
        if bits[index] & bit:
            return False
        bits[index] |= bit
        return True
