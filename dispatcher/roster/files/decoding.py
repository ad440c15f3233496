"""From bytes to lines: every line end kept, nothing dropped on the way, letters as they were meant."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import chain

from dispatcher.roster.files._chunks import Chunks
from dispatcher.roster.files._letters_seen import LettersSeen
from dispatcher.roster.files._text_decoder import TextDecoder
from dispatcher.roster.files.decoding_error import DecodingError
from dispatcher.roster.files.file_source import BoundedStream
from dispatcher.roster.formula_guard import has_guards
from dispatcher.roster.readings import Reading, Remark

#: No line is longer: by then a quote or a line end is missing, and memory stays flat.
_LINE_CHARACTERS = 4 << 20


def _without_end_mark(text: str) -> str:
    """The last line without the Ctrl-Z by which programs of the DOS family mark the end of a file."""
    return "" if text.strip("\x1a") == "" else text


def _behind_lines(text: str) -> int:
    """Where the last line begins, which may go on."""
    return max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1


class DecodedLines:
    """The lines of a text file, one pass. `encoding` is final once the last line is read.

    `head` has the first characters of the file, for whoever must guess the dialect. `may_be_guarded` turns true as
    soon as cells may carry the apostrophe that exports put before a formula. `chunks_read` counts by the 256 KB.
    `said` is the encoding if somebody said it; `asks`: where it is not sure nothing is guessed. `otherwise`: the
    encoding of what is not Unicode, if that is known.

    Raises:
        DecodingError: the bytes are not the text that they seemed to be, or it is not sure which text they are.
        FileRefused: no encoding is called so.
    """

    def __init__(
        self,
        stream: BoundedStream,
        said: str | None = None,
        *,
        asks: bool = True,
        otherwise: str | None = None,
    ) -> None:
        self._chunks = Chunks(stream)
        start = stream.read(len(stream.head)) if stream.head else b""
        self._decoder = TextDecoder(start, said, self._chunks.ahead, asks=asks, otherwise=otherwise)
        self._seen = LettersSeen()
        self.may_be_guarded = False
        self.chunks_read = 0
        self.head = self._decoder.decode(start[self._decoder.mark_bytes :], "")
        #: What stands behind the last whole line.
        self._rest = self.head
        self._source = self._pieces()
        #: The lines that are being handed out.
        self._piece: io.StringIO | None = None

    @property
    def encoding(self) -> str:
        """The encoding as far as it is known."""
        return self._decoder.encoding

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Why it is this encoding; nothing while all is ASCII."""
        reading = self._decoder.reading(self._seen.samples)
        return (reading,) if reading and (reading.samples or reading.guessed) else ()

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What was odd about letters, as far as the file was read."""
        return self._seen.remarks()

    def settle(self) -> None:
        """Look on until the encoding is known. No lines can be had afterwards."""
        chunk = b"-"
        while chunk and not self._decoder.is_settled:
            self._rest = self._rest[_behind_lines(self._rest) :]
            chunk = self._chunks.next()
            text = self._decoder.decode(chunk, self._rest, final=not chunk)
            self._rest = self._sound(self._rest + text)

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
        text = self.head
        while True:
            text = self._sound(text)
            cut = _behind_lines(text)
            self._rest = rest = text[cut:]
            yield io.StringIO(self._seen.meant(text[:cut]), newline="")
            chunk = self._chunks.next()
            self.chunks_read += 1
            if not chunk:
                break
            text = rest + self._decoder.decode(chunk, rest)
        text = self._sound(rest + self._decoder.decode(b"", rest, final=True))
        yield io.StringIO(self._seen.meant(_without_end_mark(text)), newline="")

    def _sound(self, text: str) -> str:
        if "\0" in text:
            raise DecodingError("nul", text[: text.index("\0")])
        if len(text) > _LINE_CHARACTERS:
            raise DecodingError("cell_too_large")
        self.may_be_guarded = self.may_be_guarded or has_guards(text)
        return text
