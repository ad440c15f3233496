"""Reads campaign files the way the tests of this folder need it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.roster.consent_survey import ConsentSurvey
from dispatcher.roster.roster import Roster

SENDER = "15162065575"


class InPieces(io.RawIOBase):
    """A stream that cannot seek and hands out a few bytes at a time, as a store of chunks does."""

    def __init__(self, data: bytes, step: int = 7000) -> None:
        self._data = io.BytesIO(data)
        self._step = step

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def read(self, size: int | None = -1) -> bytes:
        return self._data.read(self._step if size is None or size < 0 else min(size, self._step))


def campaign(**settings: Any) -> CampaignSettings:
    """Settings with a sender and a message of one merge field, unless told otherwise."""
    return CampaignSettings(**({"senders": (SENDER,), "message": "Hi {{first_name|there}}"} | settings))


def open_roster(
    data: bytes | str,
    *,
    fictional_ok: bool = True,
    max_bytes: int = 1 << 30,
    max_rows: int = 1 << 30,
    fixed: frozenset[str] = frozenset(),
    chosen_before: Mapping[str, str] | None = None,
    kept: bool = False,
    survey: ConsentSurvey | None = None,
    **settings: Any,
) -> Roster:
    """A roster over these bytes, or this text in UTF-8."""
    raw = data.encode() if isinstance(data, str) else data
    return Roster(
        cast(BinaryIO, InPieces(raw)),
        filename="campaign.csv",
        settings=campaign(**settings),
        fictional_ok=fictional_ok,
        max_bytes=max_bytes,
        max_rows=max_rows,
        fixed=fixed,
        chosen_before=chosen_before,
        kept=kept,
        survey=survey,
    )


def read_rows(data: bytes | str, **options: Any) -> tuple[list[Recipient], list[InvalidRow]]:
    """The recipients and the invalid rows of a file."""
    recipients, rejected = [], []
    for row in open_roster(data, **options):
        if isinstance(row, Recipient):
            recipients.append(row)
        else:
            rejected.append(row)
    return recipients, rejected
