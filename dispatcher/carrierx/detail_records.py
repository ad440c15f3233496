"""Detail records (`/sms/message_drs`): the only place where CarrierX gives a reason of failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dispatcher.carrierx.schema import number_of, text_of
from dispatcher.model.recipient import masked


@dataclass(frozen=True, slots=True)
class DetailRecord:
    """One record. It names no message: join by `user_data`, else by number, sender and time."""

    dr_sid: str | None
    sender: str | None
    to: str | None
    status: str | None
    user_data: str | None
    price: str | None
    vendor_error_code: str | None
    date_start: str | None

    def __repr__(self) -> str:
        to = masked(self.to) if self.to else None
        return f"DetailRecord(dr_sid={self.dr_sid!r}, to={to}, vendor_error_code={self.vendor_error_code!r})"


def read_detail_record(body: Mapping[str, Any]) -> DetailRecord:
    """A record of the list; what cannot be read is None. `to` is the group's member where one is named."""
    status = text_of(body.get("status"))
    return DetailRecord(
        dr_sid=text_of(body.get("dr_sid")),
        sender=number_of(body.get("number_src")),
        to=number_of(body.get("number_dst")),
        status=status.lower() if status else None,
        user_data=text_of(body.get("user_data")),
        price=text_of(body.get("price")),
        vendor_error_code=text_of(body.get("vendor_error_code")),
        date_start=text_of(body.get("date_start")),
    )
