"""The row with the longest text, found as the texts pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from dispatcher.model.message import ComposedMessage
from dispatcher.model.recipient_block import RecipientBlock
from dispatcher.model.segments import utf16_units
from dispatcher.pipeline.preflight.result import LongestText


class Longest:
    """Keeps the first of those that take most: segments before characters."""

    def __init__(self) -> None:
        self.found: LongestText | None = None
        self._most = (0, 0)

    def look_at(self, message: ComposedMessage, units: int) -> None:
        """Take one message into account; `units` are its segments or legs."""
        if message.text:
            first = message.members[0]
            is_sms = len(message.members) == 1 and not message.media
            self._take(first.row, first.line, message.text, units if is_sms else 1)

    def look_at_block(self, block: RecipientBlock, units: Sequence[int]) -> None:
        """The same for many messages of one recipient each."""
        most = max(units, default=0)
        if most < self._most[0] or (most == self._most[0] and not self._may_be_longer(block.texts)):
            return
        lengths = [utf16_units(text or "") for text in block.texts]
        longest = max(range(len(units)), key=lambda place: (units[place], lengths[place]))
        if text := block.texts[longest]:
            self._take(block.rows[longest], block.lines[longest], text, units[longest])

    def _may_be_longer(self, texts: Sequence[str | None]) -> bool:
        """Whether any has more characters than the longest so far, told in a pass or two."""
        try:
            longest = max(map(len, cast("Sequence[str]", texts)), default=0)
        except TypeError:  # some have none
            longest = max(map(len, filter(None, texts)), default=0)
        known = self._most[1]
        return longest > known or (2 * longest > known and not "".join(filter(None, texts)).isascii())

    def _take(self, row: int, line: int, text: str, segments: int) -> None:
        characters = utf16_units(text)
        if (segments, characters) > self._most:
            self._most = segments, characters
            self.found = LongestText(row=row, line=line, characters=characters, segments=segments)
