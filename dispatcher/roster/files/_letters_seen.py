"""The letters of a file beyond ASCII: samples of them, those encoded twice put right, those that are lost counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

from dispatcher.roster.files._encoded_twice import beyond_ascii, mended
from dispatcher.roster.readings import Remark

_SAMPLES = 2
_SAMPLE_CHARACTERS = 80
_SAMPLED_LINES = 50
_LOST = "\ufffd"
#: What is left of letters that were encoded twice when a part of them is gone.
_GARBLED = re.compile(r"[a-zß-ÿ]Ã(?![a-zA-ZÀ-ÿ])|â€|[a-z]Â(?=[\s,;]|$)|√[^\s\d\w]|├[^\s─┬┐┤]")
_SIGNS_OF_IT = ("Ã", "â€", "Â", "√", "├")
_WORD = re.compile(r"[^\s,;\t|\"]+")


class LettersSeen:
    """Looks at whole lines as they pass."""

    def __init__(self) -> None:
        self.samples: tuple[str, ...] = ()
        self._twice = self._lost = self._garbled = 0
        self._first_twice: tuple[str, ...] = ()

    def meant(self, text: str) -> str:
        """These lines with the letters that were meant."""
        if text.isascii():
            return text
        signs = beyond_ascii(text)
        was, text = text, mended(text, signs)
        if text is not was and text != was:
            self._count_twice(was, text)
            signs = beyond_ascii(text)
        if _LOST in signs:
            self._lost += text.count(_LOST)
        if any(map(signs.__contains__, _SIGNS_OF_IT)):
            self._garbled += sum(1 for _ in _GARBLED.finditer(text))
        if len(self.samples) < _SAMPLES:
            self._sample(text)
        return text

    def remarks(self) -> tuple[Remark, ...]:
        """What a person should hear of them."""
        return tuple(chain(self._of_twice(), self._of_garbled(), self._of_lost()))

    def _of_twice(self) -> Iterator[Remark]:
        if self._twice:
            words = "1 word was" if self._twice == 1 else f"{self._twice:,} words were"
            was, meant = (word[:_SAMPLE_CHARACTERS] for word in self._first_twice)
            yield Remark(
                "encoded_twice",
                f"{words} encoded twice by another program and put right: {was!r} is read as {meant!r}.",
            )

    def _of_garbled(self) -> Iterator[Remark]:
        if self._garbled:
            yield Remark(
                "garbled_letters",
                f"Letters look garbled in {self._garbled:,} places, as Ã and â€ do; export the file anew, as UTF-8.",
            )

    def _of_lost(self) -> Iterator[Remark]:
        if self._lost:
            yield Remark(
                "letters_lost",
                f"{self._lost:,} letters were lost before the file came here, {_LOST} stands for each; "
                "export the file anew, as UTF-8.",
            )

    def _sample(self, text: str) -> None:
        lines = islice((line for line in text.splitlines() if not line.isascii()), _SAMPLED_LINES)
        shown = dict.fromkeys((*self.samples, *map(_around_letters, lines)))
        self.samples = tuple(shown)[:_SAMPLES]

    def _count_twice(self, was: str, meant: str) -> None:
        for before, after in zip(was.splitlines(), meant.splitlines(), strict=False):
            if before != after:
                words = zip(_WORD.findall(before), _WORD.findall(after), strict=False)
                changed = [pair for pair in words if pair[0] != pair[1]] or [(before, after)]
                self._twice += len(changed)
                self._first_twice = self._first_twice or changed[0]


def _around_letters(line: str) -> str:
    """The part of a line that shows its first letter beyond ASCII."""
    first = next(place for place, char in enumerate(line) if not char.isascii())
    begin = max(0, first - _SAMPLE_CHARACTERS // 2)
    return line[begin : begin + _SAMPLE_CHARACTERS]
