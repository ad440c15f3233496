"""The page of all keys (`dispatcher/ledger/store/keys.py`), to hold against the keys that there are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from dispatcher.ledger.store import keys

#: What may stand for a name in braces; anything, if not said here.
_NAMES = {"id": "[^:]+", "k": r"\d+", "n": r"\d+", "hash": "[0-9a-f]+", "hhhh": "[0-9a-f]{4}"}


@cache
def rows() -> tuple[tuple[str, ...], ...]:
    """The cells of the page's table: keys, type, what it holds, how long it lives."""
    lines = [line for line in (keys.__doc__ or "").splitlines() if line.startswith("| `")]
    return tuple(tuple(cell.strip() for cell in line.strip("| ").split(" | ")) for line in lines)


@cache
def names() -> tuple[str, ...]:
    """Every key of the page, names in braces."""
    found: list[str] = []
    for cells in rows():
        for name in re.findall(r"`([^`]+)`", cells[0]):
            found.append(name if name.startswith("mms:") else found[-1].rpartition(":")[0] + name)
    return tuple(found)


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(map(_of_one, names())))


def _of_one(name: str) -> str:
    parts = re.split(r"\{([^}]+)\}", name)
    return "".join(
        _NAMES.get(part, ".+") if index % 2 else re.escape(part) for index, part in enumerate(parts)
    )


def strangers(there: Iterable[bytes]) -> list[str]:
    """Keys of a ledger that are not on the page."""
    return [
        name
        for name in (key.decode() for key in there)
        if name.startswith("mms:") and not _pattern().fullmatch(name)
    ]
