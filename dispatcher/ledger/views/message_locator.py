"""Where a message stands: its rows and their numbers, read from the ledger's batches and remembered for a while."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from dispatcher.ledger.ledger import Ledger

_REMEMBERED_BATCHES = 512
#: What a batch says never changes, unless somebody is forgotten.
_REMEMBERED_SECONDS = 10.0

#: Campaign, batch, message.
MessageKey = tuple[str, int, int]
Members = tuple[tuple[int, str], ...]
#: A message's rows, whether it is an MMS, its units, the number it goes from.
_Known = tuple[Members, bool, int, str]


@dataclass(frozen=True, slots=True)
class MessageLocation:
    """One message: its rows as (index, number), and what its price is for: so many legs of an MMS or segments."""

    campaign: str
    batch: int
    message: int
    rows: Members = field(repr=False)
    mms: bool = True
    units: int = 1
    sender: str = field(default="", repr=False)

    def row_of(self, number: str | None) -> int | None:
        """The row of this number; for a message to one, no number at all means that one."""
        if number is None:
            return self.rows[0][0] if len(self.rows) == 1 else None
        return next((row for row, own in self.rows if own == number), None)


class MessageLocator:
    """Finds messages, several at once, with a small memory of batches. Thread-safe."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: OrderedDict[tuple[str, int], tuple[_Known, ...]] = OrderedDict()
        self._since = time.monotonic()
        self._lock = threading.Lock()

    def find(self, wanted: Sequence[MessageKey | None]) -> list[MessageLocation | None]:
        """The location of each; None where none was wanted or none is there."""
        with self._lock:
            return self._find(wanted)

    def _find(self, wanted: Sequence[MessageKey | None]) -> list[MessageLocation | None]:
        if time.monotonic() - self._since > _REMEMBERED_SECONDS:
            self._known.clear()
            self._since = time.monotonic()
        missing = {key[:2] for key in wanted if key} - self._known.keys()
        for campaign_id, number in sorted(missing):
            self._known[campaign_id, number] = self._read(campaign_id, number)
        found = [self._locate(key) if key else None for key in wanted]
        while len(self._known) > _REMEMBERED_BATCHES:
            self._known.popitem(last=False)
        return found

    def _read(self, campaign_id: str, number: int) -> tuple[_Known, ...]:
        batch = self._ledger.batches.content(campaign_id, number)
        if batch is None:
            return ()
        return tuple(
            (
                tuple((row, batch.rows[row].number or "") for row in message.members),
                message.is_mms,
                message.units(),
                message.sender,
            )
            for message in batch.messages
        )

    def _locate(self, key: MessageKey) -> MessageLocation | None:
        messages = self._known[key[:2]]
        if key[2] >= len(messages):
            return None
        rows, mms, units, sender = messages[key[2]]
        return MessageLocation(*key, rows, mms, units, sender)
