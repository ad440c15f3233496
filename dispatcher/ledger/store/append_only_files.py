"""The append-only files of the embedded Valkey: how long they are, and whether something of them is gone.

A file that is cut off is loaded without a word up to the last command that is whole, and so is one that was cut by
hand, as its checker does. So their lengths are remembered when the server ends, outside of its folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def lengths(data_dir: Path) -> dict[str, int]:
    """The files of this data folder's server, and their lengths in bytes."""
    found = {}
    for file in (data_dir / "valkey" / "appendonlydir").glob("appendonly.aof.*"):
        try:
            found[file.name] = file.stat().st_size
        except OSError:  # a rewrite has just ended
            continue
    return {name: length for name, length in found.items() if _sequence(name)}


def is_cut(left: Mapping[str, int], found: Mapping[str, int]) -> bool:
    """Whether files that were left so, and are found so, have lost anything.

    A rewrite replaces them by others with greater numbers.
    """
    if any(found[name] < length for name, length in left.items() if name in found):
        return True
    newest = max((name for name in left if ".incr." in name), key=_sequence, default="")
    return bool(newest) and newest not in found and _sequence(newest) >= max(map(_sequence, found), default=0)


def _sequence(name: str) -> int:
    """`appendonly.aof.3.incr.aof` is the third; 0 for what is none of them."""
    parts = name.split(".")
    return int(parts[-3]) if parts[-2:-1] in (["incr"], ["base"]) and parts[-3].isdigit() else 0
