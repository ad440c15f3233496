"""One batch as somebody sees it who looks after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from dispatcher.ledger.batches.packing import Batch
from dispatcher.ledger.batches.rows import RowState
from dispatcher.ledger.views.message_locator import MessageLocation
from dispatcher.model.campaign import Campaign
from dispatcher.rules.sender_pool import choose_sender

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class BatchView:
    """One batch as it stands now. `looks` counts those before, up to 255 and again from 0."""

    campaign: Campaign
    number: int
    batch: Batch
    states: Sequence[RowState]
    now_ms: int
    looks: int = 0

    def messages(self) -> Iterator[tuple[int, tuple[int, ...], list[RowState]]]:
        """Message index, its rows' indexes, their states."""
        for index, message in enumerate(self.batch.messages):
            yield index, message.members, [self.states[row] for row in message.members]

    def sender(self, message: int) -> str:
        """The number that a message goes from; empty when it is not known."""
        said, pool = self.batch.messages[message], self.campaign.settings.senders
        first = self.batch.rows[said.members[0]].number or ""
        return said.sender or (choose_sender(first, pool) if pool else "")

    def location(self, message: int) -> MessageLocation:
        """Where a message of this batch stands."""
        said = self.batch.messages[message]
        rows = tuple((row, self.batch.rows[row].number or "") for row in said.members)
        return MessageLocation(
            self.campaign.id, self.number, message, rows, said.is_mms, said.units(), said.sender
        )

    def turn(self, items: Sequence[Item], most: int) -> list[Item]:
        """So many of these; at the next look those that follow, so that everyone has their turn."""
        first = self.looks * most % len(items) if items else 0
        return [*items[first:], *items[:first]][:most]
