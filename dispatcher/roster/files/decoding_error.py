"""Bytes that are not the text that they seemed to be."""

from __future__ import annotations

from dispatcher.errors import Question


class DecodingError(Exception):
    """The text cannot be read on. `before` is what stands between the last line handed out and the defect; `question`
    what a person could answer to it."""

    def __init__(
        self, code: str, before: str = "", encoding: str = "", question: Question | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.before = before
        self.encoding = encoding
        self.question = question

    @property
    def lines(self) -> int:
        """Whole lines between the last one handed out and the defect."""
        return self.before.count("\n") + self.before.count("\r") - self.before.count("\r\n")
