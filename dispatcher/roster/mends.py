"""Cells that a person mended: a list that lies before a file's own bytes, untouched, and goes wherever they go.

A file with mends begins with `MAGIC`, the length of a JSON document in four bytes, and the document; then comes the
file as it was. So it is stored, compared, backed up and read again as one thing, and a line number stays the file's
own. No other program takes it for text: there is a NUL in its first bytes.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterable, Sequence
from typing import Annotated, BinaryIO, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dispatcher.errors import FileRefused
from dispatcher.roster.files.file_source import Readable
from dispatcher.roster.rejections import refused

MAGIC = b"\x89mms-mended\r\n\x1a\0"
#: Mends of a file at most, and bytes of their document.
MENDS_MAX = 10_000
_NUMBER_MAX = 999_999_999
_DOCUMENT_BYTES = 8 << 20
_LENGTH_BYTES = 4
#: What is in no text that a person writes.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
#: Lines that a sentence names.
_LINES_NAMED = 20


class Mend(BaseModel):
    """One mended cell: `column` of the row that begins on `line` held `before` and holds `after`.

    A column goes by its heading, or by its number, counted from 1, where several or none are called so. Without a
    column it is the whole row, and both are all of its cells.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    line: int = Field(ge=1, le=_NUMBER_MAX)
    column: str | Annotated[int, Field(ge=1, le=_NUMBER_MAX)] | None = None
    before: str | tuple[str, ...] = Field(repr=False)
    after: str | tuple[str, ...] = Field(repr=False)

    @model_validator(mode="after")
    def _is_of_a_cell_or_of_a_row(self) -> Self:
        if any(isinstance(each, str) is (self.column is None) for each in (self.before, self.after)):
            raise ValueError("a cell is a text, a row a list of texts")
        before, after = "".join(self.before), "".join(self.after)
        if _SURROGATES.search(before) or brings_control_characters(before, after):
            raise ValueError("a mend brings no control characters")
        return self


def brings_control_characters(before: str, after: str) -> bool:
    """Whether a text has control characters, but for tabs and line ends, that were not in it before."""
    return not set(_CONTROLS.findall(before)).issuperset(_CONTROLS.findall(after))


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    mends: tuple[Mend, ...]


def mends_of(document: str | bytes) -> tuple[Mend, ...]:
    """The mends in a JSON document: `{"mends": [...]}`.

    Raises:
        FileRefused: it is none, or has too many.
    """
    try:
        mends = _Document.model_validate_json(document).mends
    except ValidationError:
        raise refused("bad_mends") from None
    if len(mends) > MENDS_MAX:
        raise too_many_mends()
    return mends


def too_many_mends() -> FileRefused:
    """More cells are mended than may be."""
    return refused("too_many_mends", limit=f"{MENDS_MAX:,} cells")


def document_of(mends: Iterable[Mend]) -> str:
    """The inverse of `mends_of`, for people to read: a mend on each line, characters that nobody sees written out."""
    documents = (
        json.dumps(mend.model_dump(mode="json", exclude_none=True), ensure_ascii=False) for mend in mends
    )
    lines = (
        "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in each) for each in documents
    )
    return '{"mends": [\n' + ",\n".join(lines) + "\n]}\n"


def split_off(source: Readable) -> tuple[tuple[Mend, ...], Readable]:
    """The mends before a file, and the file as it was; `source` is read on from there.

    Raises:
        FileRefused: the list of mends is damaged.
    """
    head = _exactly(source, len(MAGIC))
    if head != MAGIC:
        return (), _Again(head, source)
    length = int.from_bytes(_exactly(source, _LENGTH_BYTES), "big")
    if length > _DOCUMENT_BYTES:
        raise refused("bad_mends")
    return mends_of(_exactly(source, length)), source


def packed_mends(mends: Sequence[Mend]) -> bytes:
    """What lies before a file with these mends; nothing without any.

    Raises:
        FileRefused: they are too many.
    """
    if not mends:
        return b""
    document = document_of(mends).encode("utf-8", "surrogatepass")
    if len(mends) > MENDS_MAX:
        raise too_many_mends()
    if len(document) > _DOCUMENT_BYTES:
        raise refused("too_many_mends", limit=f"{_DOCUMENT_BYTES >> 20} MB of cells")
    return MAGIC + len(document).to_bytes(_LENGTH_BYTES, "big") + document


def mended(source: BinaryIO, mends: Sequence[Mend]) -> BinaryIO:
    """A file, which can be rewound, with these mends before it; the file itself without any.

    Raises:
        FileRefused: they are too many.
    """
    return io.BufferedReader(_Mended(packed_mends(mends), source)) if mends else source


def mends_before(source: BinaryIO) -> tuple[Mend, ...]:
    """The mends of a file. `source` is rewound, before and after.

    Raises:
        FileRefused: the list of mends is damaged.
    """
    source.seek(0)
    try:
        return split_off(source)[0]
    finally:
        source.seek(0)


def in_words(mends: Sequence[Mend]) -> str:
    """`2 cells mended on lines 3 and 4`: what was mended, without what stood or stands there."""
    lines = list(map(str, sorted({mend.line for mend in mends})))
    more = len(lines) - _LINES_NAMED
    named = [*lines[:_LINES_NAMED], *([f"{more} more"] if more > 0 else [])]
    where = f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else "".join(named)
    cells, on = "cell" if len(mends) == 1 else "cells", "line" if len(lines) == 1 else "lines"
    return f"{len(mends)} {cells} mended on {on} {where}"


def own_head(source: BinaryIO, size: int) -> bytes:
    """The first bytes of the file itself. `source` is rewound, before and after."""
    source.seek(0)
    try:
        return _exactly(split_off(source)[1], size)
    finally:
        source.seek(0)


def _exactly(source: Readable, size: int) -> bytes:
    """So many bytes, fewer only at the end."""
    pieces: list[bytes] = []
    while size > 0 and (piece := source.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


class _Again:
    """A stream of which the first bytes were read already."""

    def __init__(self, head: bytes, stream: Readable) -> None:
        self._head, self._stream = head, stream

    def read(self, size: int = -1, /) -> bytes:
        if not self._head or size < 0:
            head, self._head = self._head, b""
            return head + self._stream.read(size)
        head, self._head = self._head[:size], self._head[size:]
        return head + self._stream.read(size - len(head)) if size > len(head) else head


class _Mended(io.RawIOBase):
    """Bytes before a file, as one file. Whoever closes it closes the file."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        self._head, self._file, self._place = head, file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        if whence == os.SEEK_END:
            offset += len(self._head) + self._file.seek(0, os.SEEK_END)
        self._place = offset + (self._place if whence == os.SEEK_CUR else 0)
        self._file.seek(max(0, self._place - len(self._head)))
        return self._place

    def readinto(self, buffer: object, /) -> int:
        target = memoryview(buffer)  # type: ignore[arg-type]
        data = self._head[self._place : self._place + len(target)] or self._file.read(len(target))
        target[: len(data)] = data
        self._place += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
