"""A message is what one POST carries: one text and media from one sender to one recipient or one group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dispatcher.model.recipient import Recipient, masked

#: CarrierX: at most 10 numbers including the sender's.
GROUP_MAX = 9


class ComposedMessage(NamedTuple):
    """A message before it stands in a batch: its recipients (1, or a group's 2 to 9)."""

    members: tuple[Recipient, ...]
    sender: str | None
    text: str | None
    media: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Draft(rows={[member.row for member in self.members]})"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One POST to CarrierX. `to` has one number, or several: then it is a group MMS."""

    sender: str
    to: tuple[str, ...]
    text: str | None
    media: tuple[str, ...]
    user_data: str

    @property
    def is_group(self) -> bool:
        """More than one other party: CarrierX's `group_recipients`."""
        return len(self.to) > 1

    @property
    def is_mms(self) -> bool:
        """CarrierX: an MMS when `group_recipients` or `media_urls` has a value, else an SMS."""
        return self.is_group or bool(self.media)

    def __repr__(self) -> str:
        return f"Outgoing(user_data={self.user_data!r}, from={masked(self.sender)}, to={len(self.to)})"
