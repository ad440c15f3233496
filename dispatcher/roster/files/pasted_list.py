"""A list that somebody pasted, as the campaign file that it stands for: rows of a spreadsheet, or bare numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n?|\n")
_BETWEEN = re.compile("[,;]")
#: What may stand around a number though it has letters: `tel:` before it, an extension behind it.
_AROUND = re.compile(r"^\s*[a-z]{1,8}:|(?:x|ext\.?)\s*\d+\s*$", re.IGNORECASE)
_HEADING = "to"


class PastedFile(NamedTuple):
    """The file and a name for it."""

    content: bytes
    filename: str


def pasted_file(text: str) -> PastedFile:
    """Numbers without a heading, one on each line or separated by commas or semicolons, get one; anything else stays as
    it was pasted, tabs between cells as spreadsheets copy them."""
    if (listed := with_heading(text)) is not None:
        return PastedFile(listed, "pasted.csv")
    first = next((line for line in _LINE_END.split(text) if line.strip()), "")
    return PastedFile(_encoded(text), "pasted.tsv" if "\t" in first else "pasted.csv")


def with_heading(text: str) -> bytes | None:
    """Such numbers as a CSV with a heading; None if it is anything else."""
    lines = [line for line in _LINE_END.split(text) if line.strip()]
    if not all(map(_is_number, _pieces(lines[:1]))) or not (numbers := _numbers(lines)):
        return None
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([number] for number in (_HEADING, *numbers))
    return _encoded(out.getvalue())


def _encoded(text: str) -> bytes:
    """With a mark where it matters: the encoding that a form names is that of files."""
    return text.encode("utf-8" if text.isascii() else "utf-8-sig")


def _numbers(lines: list[str]) -> list[str] | None:
    """The numbers of these lines; None if they are rows of several columns, which nobody has named."""
    if any("\t" in line for line in lines):
        return None
    pieces = list(_pieces(lines))
    if len(pieces) > len(lines) and not all(map(_is_number, pieces)):
        return None
    return pieces


def _pieces(lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield from (piece.strip() for piece in _BETWEEN.split(line) if piece.strip())


def _is_number(text: str) -> bool:
    """Whether it has digits and no letters."""
    plain = _AROUND.sub("", text)
    return any(map(str.isdigit, plain)) and not any(map(str.isalpha, plain))
