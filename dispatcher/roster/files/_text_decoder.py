"""From bytes to text, chunk by chunk. Which encoding it is is decided at the first byte that is not ASCII."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from dispatcher.errors import Choice, Question
from dispatcher.roster.files._encodings import ESCAPED, PASTED, UTF_8, Encoding, named
from dispatcher.roster.files._likely_encoding import (
    Evidence,
    Recognised,
    cost_as_utf_8,
    is_odd_utf_8,
    likelier_as_utf_8,
    recognise,
)
from dispatcher.roster.files._marks import marked, wide_without_mark
from dispatcher.roster.files.decoding_error import DecodingError
from dispatcher.roster.readings import Reading

#: Of the line that a chunk begins in, so much is kept as evidence.
_LINE_CHARACTERS = 2000
_SHOWN_CHARACTERS, _SAMPLES = 80, 3


class TextDecoder:
    """Decodes a text that begins like `head`, behind its mark of `mark_bytes`. `ahead` shows one chunk after another of
    those to come. Where letters can be read in several ways somebody has to say which; with `asks` False the likeliest
    is taken. With `otherwise` it is Unicode or that encoding, whatever its letters say.

    Raises:
        FileRefused: nothing is called `encoding`.
    """

    def __init__(
        self,
        head: bytes,
        encoding: str | None,
        ahead: Callable[[], bytes],
        *,
        asks: bool,
        otherwise: str | None = None,
    ) -> None:
        self._ahead = ahead
        self._otherwise = otherwise and named(otherwise)
        self._asks = asks
        self._held = b""
        self._settled: Encoding | None = None
        self._why: tuple[str, tuple[Choice, ...], bool] = ("", (), False)
        by_mark, self.mark_bytes = marked(head)
        if encoding is not None and not by_mark:
            self._settle(named(encoding), "it was said so", guessed=False)
        elif by_mark:
            outranked = encoding is not None and named(encoding).codec != by_mark.codec
            others = ", which outranks what was said" if outranked else ""
            self._settle(by_mark, f"the file begins with its mark{others}", guessed=False)
        elif wide := wide_without_mark(head):
            self._settle(wide, "every other byte is zero where it has plain letters")

    @property
    def encoding(self) -> str:
        """The encoding as far as it is known."""
        return self._settled.name if self._settled else "ascii"

    @property
    def is_settled(self) -> bool:
        """Whether the encoding is known."""
        return self._settled is not None

    def reading(self, samples: tuple[str, ...]) -> Reading | None:
        """What was decided, and why; none while nothing is."""
        if self._settled is None:
            return None
        why, choices, guessed = self._why
        return Reading("encoding", self.encoding, why, samples, choices, guessed)

    def decode(self, chunk: bytes, rest: str, *, final: bool = False) -> str:
        """The text of the next bytes; `rest` is what stands before it on the same line.

        Raises:
            DecodingError: they are not the text that they seemed to be, or nobody knows which.
        """
        if self._settled is None:
            chunk = self._held + chunk
            if chunk.isascii() and b"\x1b" not in chunk:
                self._held = b""
                return chunk.decode("ascii")
            return self._first_letters(chunk, rest, final=final)
        try:
            return self._incremental.decode(chunk, final)
        except UnicodeDecodeError as error:
            raise self._changed(error, rest) from None
        except (
            UnicodeError
        ):  # one of two bytes a character, said by a person, and no mark tells which comes first
            raise DecodingError("bad_encoding", rest, self._settled.name.upper()) from None

    def _settle(
        self, encoding: Encoding, why: str, choices: tuple[Choice, ...] = (), *, guessed: bool = True
    ) -> None:
        self._settled = encoding
        self._why = (why, choices, guessed)
        self._incremental = codecs.getincrementaldecoder(encoding.codec)(encoding.errors)

    def _first_letters(self, chunk: bytes, rest: str, *, final: bool) -> str:
        if chunk.isascii():
            if self._otherwise:
                return chunk.decode("ascii")
            return self._escapes(chunk, rest, final=final)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            text = decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            if self._otherwise:
                self._settle(self._otherwise, "it is not Unicode")
            else:
                self._recognise(chunk, rest, error)
            return self.decode(chunk, rest, final=final)
        self._held = decoder.getstate()[0]
        if not text.isascii():
            if not self._otherwise and self._is_utf_8_by_chance(chunk, rest):
                return self.decode(chunk, rest, final=final)
            self._settle(UTF_8, "all of it is valid UTF-8", guessed=False)
            self._incremental = decoder
        return text

    def _escapes(self, chunk: bytes, rest: str, *, final: bool) -> str:
        """ASCII with the escape sequence that begins Japanese or Korean, unless it begins something else."""
        for encoding in ESCAPED:
            try:
                codecs.getincrementaldecoder(encoding.codec)().decode(chunk, final)
            except UnicodeDecodeError:
                continue
            self._settle(encoding, f"it has escape sequences ({encoding.label})")
            return self.decode(chunk, rest, final=final)
        return chunk.decode("ascii")

    def _recognise(self, chunk: bytes, rest: str, error: UnicodeDecodeError) -> None:
        if b"\0" in chunk:
            raise DecodingError("nul", rest + chunk[: chunk.index(b"\0")].decode("ascii", "replace"))
        evidence = self._evidence(chunk, rest)
        recognised = recognise(evidence.cells)
        if likelier_as_utf_8(recognised, evidence.cells):
            raise self._changed(error, rest)
        self._decide(recognised, rest + _ascii_head(chunk))

    def _decide(self, recognised: Recognised, before: str, others: tuple[Choice, ...] = ()) -> None:
        choices = (*recognised.choices(), *others)
        if self._asks and (others or not recognised.sure):
            raise DecodingError("unclear_encoding", before, question=Question("encoding", choices))
        why = f"so its letters make sense ({choices[0].label})"
        self._settle(recognised.best.encoding, why, choices[1:])

    def _is_utf_8_by_chance(self, chunk: bytes, rest: str) -> bool:
        """Whether it is another encoding, a few letters of which are valid UTF-8. In doubt a person is asked."""
        few = Evidence()
        few.add(chunk, final=True)
        if not is_odd_utf_8(few.cells):
            return False
        cells = self._evidence(chunk, rest).cells
        recognised = recognise(cells)
        if not is_odd_utf_8(cells):
            by_chance = not likelier_as_utf_8(recognised, cells)
            if by_chance:
                self._decide(recognised, rest + _ascii_head(chunk))
            return by_chance
        if self._asks and recognised.best.cost < cost_as_utf_8(cells):
            samples = tuple(cell.decode()[:_SHOWN_CHARACTERS] for cell in cells)[:_SAMPLES]
            self._decide(recognised, rest + _ascii_head(chunk), (Choice(UTF_8.name, UTF_8.label, samples),))
        return False

    def _evidence(self, chunk: bytes, rest: str) -> Evidence:
        evidence = Evidence()
        evidence.add(rest[-_LINE_CHARACTERS:].encode("ascii", "replace") + chunk, final=False)
        while not evidence.is_complete:
            more = self._ahead()
            evidence.add(more, final=not more)
            if not more:
                break
        return evidence

    def _changed(self, error: UnicodeDecodeError, rest: str) -> DecodingError:
        """Up to here it is one encoding, and then it is not."""
        encoding = self._settled or UTF_8
        before = rest + error.object[: error.start].decode(encoding.codec, "replace")
        question = None
        if encoding is UTF_8:
            line = before[-_SHOWN_CHARACTERS:].splitlines()[-1:] or [""]
            after = (
                error.object[error.start :][:_SHOWN_CHARACTERS].splitlines()[0].decode("cp1252", "replace")
            )
            question = Question("encoding", (Choice(PASTED.name, PASTED.label, (line[0] + after,)),))
        return DecodingError("bad_encoding", before, encoding.name.upper(), question)


def _ascii_head(chunk: bytes) -> str:
    """What stands before the first letter."""
    return chunk[: next(place for place, byte in enumerate(chunk) if byte > 127)].decode("ascii")
