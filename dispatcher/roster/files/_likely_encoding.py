"""Which encoding cells are in that are no UTF-8: the one whose letters make the likeliest names, if it is by far."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dispatcher.errors import Choice
from dispatcher.roster.files._encodings import LEGACY, Encoding
from dispatcher.roster.files._letters import cost_of, most_cost

#: Evidence is complete with so many different cells, or so many bytes of them.
_CELLS, _BYTES = 300, 1 << 15
_CELL_BYTES = 4000
_CELL = re.compile(rb'[^\x00-\x1f",;]+')
#: The likeliest reading is taken when it is so much likelier than each other, in nats and as a part of what those cells
#: cost that differ, of all and of one of them.
_MARGIN, _PART, _PART_OF_CELL = 8.0, 0.06, 0.15
#: Readings that a person is shown, and cells of each.
_SHOWN, _SAMPLES = 5, 3
_LETTERS_BY_CHANCE = 20


class Evidence:
    """Different cells of a file that are not ASCII. A separator is not known yet: of `|` cells may have several."""

    def __init__(self) -> None:
        self.cells: dict[bytes, None] = {}
        self._bytes = 0
        self._rest = b""

    @property
    def is_complete(self) -> bool:
        """Whether more would say nothing more."""
        return len(self.cells) >= _CELLS or self._bytes >= _BYTES

    def add(self, chunk: bytes, *, final: bool) -> None:
        """Take the next bytes of the file into account."""
        lines = re.split(rb"[\r\n]", self._rest + chunk)
        self._rest = b"" if final else lines.pop()
        for line in lines:
            if line.isascii():
                continue
            for cell in _CELL.findall(line):
                if not cell.isascii() and cell not in self.cells:
                    self.cells[cell] = None
                    self._bytes += len(cell)
            if self.is_complete:
                return


class CellsRead(NamedTuple):
    """One reading of the cells, what it costs, and what each of them does."""

    encoding: Encoding
    cost: float
    texts: tuple[str, ...]
    costs: tuple[float, ...]


class Recognised(NamedTuple):
    """Readings that differ, the likeliest first. `sure` that it is this one and no other."""

    readings: tuple[CellsRead, ...]
    sure: bool

    @property
    def best(self) -> CellsRead:
        """The likeliest."""
        return self.readings[0]

    def choices(self) -> tuple[Choice, ...]:
        """The likeliest readings for a person to choose, with cells that are not the same in them."""
        shown = self.readings[:_SHOWN]
        columns = list(zip(*(reading.texts for reading in shown), strict=True))
        telling = sorted(range(len(columns)), key=lambda place: -len(set(columns[place])))[:_SAMPLES]
        return tuple(
            Choice(
                each.encoding.name, each.encoding.label, tuple(each.texts[place][:80] for place in telling)
            )
            for each in shown
        )


def recognise(cells: Iterable[bytes]) -> Recognised:
    """The readings of these cells, none of which is ASCII."""
    cells = tuple(cells)
    readings: dict[tuple[str, ...], CellsRead] = {}
    for encoding in LEGACY:  # the commoner first, where two read the same
        if (texts := _decoded(cells, encoding)) and texts not in readings:
            costs = tuple(_cost(cell, text, encoding) for cell, text in zip(cells, texts, strict=True))
            readings[texts] = CellsRead(encoding, encoding.rarity + sum(costs), texts, costs)
    ranked = tuple(sorted(readings.values(), key=lambda reading: reading.cost))
    return Recognised(ranked, _is_sure(ranked))


def likelier_as_utf_8(recognised: Recognised, cells: Iterable[bytes]) -> bool:
    """Whether some of the cells are UTF-8 and make more sense so: then the file is of two encodings."""
    both = [(cell, text) for cell, text in zip(cells, recognised.best.texts, strict=True) if _is_utf_8(cell)]
    legacy = sum(_cost(cell, text, recognised.best.encoding) for cell, text in both)
    return bool(both) and sum(cost_of(cell.decode()) for cell, _ in both) + _MARGIN * len(both) < legacy


def is_odd_utf_8(cells: Iterable[bytes]) -> bool:
    """Whether all cells are UTF-8, but so few letters and such that this may be chance: of two bytes each, unlikely."""
    if not all(map(_is_utf_8, cells)):
        return False
    text = "\n".join(cell.decode() for cell in cells)
    few = sum(not char.isascii() for char in text) <= _LETTERS_BY_CHANCE
    return few and max(text) < "\u0800" and cost_as_utf_8(cells) > most_cost(text)


def cost_as_utf_8(cells: Iterable[bytes]) -> float:
    """What cells cost that are UTF-8, and that many fewer files are not."""
    return sum(cost_of(cell.decode()) for cell in cells) - _MARGIN


def _is_utf_8(cell: bytes) -> bool:
    try:
        return bool(cell.decode())
    except UnicodeDecodeError:
        return False


def _is_sure(ranked: Sequence[CellsRead]) -> bool:
    best = ranked[0]
    plausible = best.cost - best.encoding.rarity <= sum(map(most_cost, best.texts))
    return plausible and all(_is_far_likelier(best, other) for other in ranked[1:_SHOWN])


def _is_far_likelier(best: CellsRead, other: CellsRead) -> bool:
    both = zip(best.costs, best.texts, other.texts, strict=True)
    differing = [cost for cost, text, others in both if text != others]
    part = _PART + _PART_OF_CELL / len(differing)
    return other.cost - best.cost >= max(_MARGIN, part * sum(differing))


def _decoded(cells: Sequence[bytes], encoding: Encoding) -> tuple[str, ...] | None:
    try:
        return tuple(_text_of(cell, encoding.codec) for cell in cells)
    except UnicodeDecodeError:
        return None


def _text_of(cell: bytes, codec: str) -> str:
    if len(cell) <= _CELL_BYTES:
        return cell.decode(codec)
    return codecs.getincrementaldecoder(codec)().decode(cell[:_CELL_BYTES])


def _cost(cell: bytes, text: str, encoding: Encoding) -> float:
    if not encoding.language:
        return cost_of(text)
    signs = (char for char in text if not char.isascii())
    daily = frozenset(char for char in signs if char.encode(encoding.codec)[0] in encoding.daily)
    return cost_of(text, encoding.language, daily)
