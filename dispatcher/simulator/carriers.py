"""Which carrier a number is at: decided by its digits, so that the same number is always at the same one."""

from __future__ import annotations

from zlib import crc32

#: MCC and MNC: three of the United States and two of Canada, the larger ones more often.
CARRIERS = ((310, 260), (310, 410), (311, 480), (310, 260), (311, 480), (302, 720), (302, 610))


def carrier_of(number: str) -> tuple[int, int]:
    """The carrier's MCC and MNC."""
    return CARRIERS[crc32(number.lstrip("+").encode()) % len(CARRIERS)]
