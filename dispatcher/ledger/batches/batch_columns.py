"""What the file said of a batch, by column: as it is packed."""

from __future__ import annotations

from collections.abc import Sequence
from operator import sub
from typing import NamedTuple

import msgpack


class BatchColumns(NamedTuple):
    """The rows of a batch, and its messages.

    `numbers` are as `number_as_packed` has them, `zones` of recipients. `cells` are the file's own columns. `rejected`
    is index, state, column, code and message of the rows that are not sent. `members` are each message's: an index, or
    several; `senders`, `media` and `texts` are the messages'.
    """

    rows: list[int]
    lines: list[int]
    numbers: list[int | str | None]
    zones: list[str | None]
    cells: Sequence[Sequence[str]]
    rejected: list[tuple[int, str, str | None, str, str]]
    members: list[int | tuple[int, ...]]
    senders: list[str]
    media: list[tuple[str, ...]]
    texts: list[str | None]

    def packed(self) -> bytes:
        """Packed, not compressed: equal and similar values stand together, which is what compression lives on."""
        document = (
            _steps(self.rows),
            _steps(self.lines),
            self.numbers,
            _table(self.zones),
            self.cells,
            self.rejected,
            self.members,
            _table(self.senders),
            _table(self.media),
            self.texts,
        )
        packed: bytes = msgpack.packb(document, unicode_errors="surrogatepass")
        return packed


def number_as_packed(text: str | None) -> int | str | None:
    """A number of a recipient as an integer, which packs well; what else may stand in an invalid row as it is."""
    if not text:
        return None
    return int(text) if len(text) < 19 and text.isascii() and text.isdigit() and text[0] != "0" else text


def _steps(values: Sequence[int]) -> list[int]:
    """Differences to the value before: small numbers compress well."""
    return list(map(sub, values, (0, *values)))


def _table(values: Sequence[object]) -> tuple[list[object], list[int]]:
    """Each distinct value once, and the index of each; no indexes where there is one value only."""
    known: dict[object, int] = dict.fromkeys(values, 0)
    if len(known) < 2:
        return list(known), []
    known = {value: index for index, value in enumerate(known)}
    return list(known), [known[value] for value in values]
