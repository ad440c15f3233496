"""Cells whose format shows something else than the number in them has digits."""

from __future__ import annotations


class ShownCell(str):
    """What a cell shows; `typed` is what one would have typed into it: `2.13E+09` and `2125550101`."""

    __slots__ = ("typed",)
    typed: str

    def __new__(cls, shown: str, typed: str) -> ShownCell:
        cell = super().__new__(cls, shown)
        cell.typed = typed
        return cell


def as_typed(cell: str) -> str:
    """The cell as one would have typed it, for whoever reads a telephone number in it."""
    return cell.typed if isinstance(cell, ShownCell) else cell
