"""A phone number as somebody types it, after a command or into a call."""

from __future__ import annotations

from dispatcher.errors import InputError
from dispatcher.roster.numbers import read_sender
from dispatcher.roster.rejections import RowError


def read_number(text: str) -> str:
    """The 11 digits of a US or Canadian number in any usual writing.

    Raises:
        InputError: it is none.
    """
    try:
        return read_sender(text)
    except RowError:
        raise InputError(
            "this is not a US or Canadian number", hint="write it like +1 516 206 5575 or 15162065575"
        ) from None
