"""What CarrierX says of a message: in the POST's answer, in a callback, or when asked."""

from __future__ import annotations

from dataclasses import dataclass

from dispatcher.model.recipient import masked


@dataclass(frozen=True, slots=True)
class MessageStatus:
    """CarrierX's SMS object, normalised: `from_did` read as `from`, stray spaces in keys gone, `"null"` is None.

    `status` is CarrierX's own word, lower case, from an open set. `price` is the decimal string as written.
    """

    message_sid: str
    status: str
    direction: str
    sender: str | None
    to: str | None
    group: tuple[str, ...]
    text: str | None
    media: tuple[str, ...]
    user_data: str | None
    price: str | None
    mcc: str | None
    mnc: str | None
    date_created: str | None
    date_status_changed: str | None

    def __repr__(self) -> str:
        to = masked(self.to) if self.to else None
        return f"MessageStatus(sid={self.message_sid!r}, status={self.status!r}, to={to})"
