"""From bytes to lines: the encoding found out, every line end kept, nothing dropped on the way."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from itertools import chain

from dispatcher.roster.files.file_source import BoundedStream
from dispatcher.roster.formula_guard import has_guards

_CHUNK_BYTES = 1 << 18
#: No line is longer: by then a quote or a line end is missing, and memory stays flat.
_LINE_CHARACTERS = 4 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def _without_end_mark(text: str) -> str:
    """The last line without the Ctrl-Z by which programs of the DOS family mark the end of a file."""
    return "" if text.strip("\x1a") == "" else text


class DecodingError(Exception):
    """The text cannot be read on. `before` is what stands between the last line handed out and the defect."""

    def __init__(self, code: str, before: str = "", encoding: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.before = before
        self.encoding = encoding

    @property
    def lines(self) -> int:
        """Whole lines between the last one handed out and the defect."""
        return self.before.count("\n") + self.before.count("\r") - self.before.count("\r\n")


def _utf16_without_bom(head: bytes) -> str | None:
    """UTF-16 that lost its mark: in Latin text every second byte is zero."""
    sample = head[:1024]
    half = len(sample) // 2
    if half < 2:
        return None
    zeros_first, zeros_second = sample[0::2].count(0), sample[1::2].count(0)
    if zeros_second > half * 0.7 and zeros_first <= half * 0.1:
        return "utf-16-le"
    if zeros_first > half * 0.7 and zeros_second <= half * 0.1:
        return "utf-16-be"
    return None


class _Decoder:
    """Decodes a stream by chunks. Until the first byte above 127 it is both UTF-8 and Windows-1252."""

    def __init__(self, encoding: str | None) -> None:
        self.encoding = encoding or "ascii"
        self._incremental = codecs.getincrementaldecoder(encoding or "utf-8")("strict")

    def decode(self, chunk: bytes, *, final: bool = False) -> str:
        if self.encoding == "windows-1252":
            return self._legacy(chunk)
        held = self._incremental.getstate()[0]
        try:
            text = self._incremental.decode(chunk, final)
        except UnicodeDecodeError as error:
            sound = error.object[: error.start]
            if self.encoding == "ascii" and sound.isascii():
                self.encoding = "windows-1252"
                return self._legacy(held + chunk)
            encoding = self.encoding if self.encoding != "ascii" else "utf-8"
            raise DecodingError("bad_encoding", sound.decode(encoding, "replace"), encoding.upper()) from None
        if self.encoding == "ascii" and not text.isascii():
            self.encoding = "utf-8"
        return text

    @staticmethod
    def _legacy(chunk: bytes) -> str:
        try:
            return chunk.decode("cp1252")
        except UnicodeDecodeError as error:
            before = chunk[: error.start].decode("cp1252")
            raise DecodingError("bad_encoding", before, "Windows-1252") from None


class DecodedLines:
    """The lines of a text file, one pass. `encoding` is final once the last line is read.

    `head` has the first characters of the file, for whoever must guess the dialect. `may_be_guarded` turns true as
    soon as cells may carry the apostrophe that exports put before a formula. `chunks_read` counts by the 256 KB.

    Raises:
        DecodingError: the bytes are not the text that they seemed to be.
    """

    def __init__(self, stream: BoundedStream) -> None:
        self._stream = stream
        start = stream.read(len(stream.head)) if stream.head else b""
        encoding, mark = next(((name, len(bom)) for bom, name in _BOMS if start.startswith(bom)), (None, 0))
        self._decoder = _Decoder(encoding or _utf16_without_bom(start))
        self.may_be_guarded = False
        self.chunks_read = 0
        self.head = self._decoder.decode(start[mark:])
        self._source = self._pieces()
        #: The lines that are being handed out.
        self._piece: io.StringIO | None = None

    @property
    def encoding(self) -> str:
        """The encoding as far as it is known."""
        return self._decoder.encoding

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._handed_out())

    def many(self, characters: int) -> str:
        """The next lines, about so many characters of them, in one text; none at the end. Lines that are asked for
        afterwards are those behind them."""
        while self._piece is not None:
            if text := self._piece.read(characters):
                return text + self._piece.readline()
            self._piece = next(self._source, None)
        return ""

    def take_back(self, text: str) -> None:
        """Hand out again what `many` just gave."""
        if self._piece is not None:
            self._piece.seek(self._piece.tell() - len(text))

    def _handed_out(self) -> Iterator[io.StringIO]:
        given = None
        while True:
            if self._piece is given:
                self._piece = next(self._source, None)
            if self._piece is None:
                return
            given = self._piece
            yield given

    def _pieces(self) -> Iterator[io.StringIO]:
        """Whole lines, many at a time."""
        rest, text = "", self.head
        while True:
            text = self._sound(rest + text)
            cut = max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1
            yield io.StringIO(text[:cut], newline="")
            rest = text[cut:]
            chunk = self._chunk()
            self.chunks_read += 1
            if not chunk:
                break
            text = self._decoded(chunk, rest)
        text = self._sound(rest + self._decoded(b"", rest))
        yield io.StringIO(_without_end_mark(text), newline="")

    def _chunk(self) -> bytes:
        """The next bytes, a full chunk of them however little the source hands out at a time."""
        pieces, missing = [], _CHUNK_BYTES
        while missing > 0 and (piece := self._stream.read(missing)):
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def _decoded(self, chunk: bytes, rest: str) -> str:
        try:
            return self._decoder.decode(chunk, final=not chunk)
        except DecodingError as defect:
            defect.before = rest + defect.before
            raise

    def _sound(self, text: str) -> str:
        if "\0" in text:
            raise DecodingError("nul", text[: text.index("\0")])
        if len(text) > _LINE_CHARACTERS:
            raise DecodingError("cell_too_large")
        self.may_be_guarded = self.may_be_guarded or has_guards(text)
        return text
