"""What all processes counted for the metrics, since the ledger was made."""

from __future__ import annotations

from collections.abc import Mapping

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import Scripts, type_of_argument


class Counters:
    """One hash of counters: `name label` → how many."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def add(self, counts: Mapping[str, int]) -> None:
        """Add these."""
        if counts:
            self._scripts.run_many([count_call(counts)])

    def read(self) -> dict[str, dict[str, int]]:
        """All of them: name → label → how many."""
        with translated():
            found = self._redis.hgetall(keys.COUNTERS)
        names: dict[str, dict[str, int]] = {}
        for field, count in found.items():
            name, _, label = text_of(field).partition(" ")
            names.setdefault(name, {})[label] = int(count)
        return names


def count_call(counts: Mapping[str, int]) -> tuple[str, list[type_of_argument]]:
    """The script and its arguments, for a pipeline that has other work too."""
    return "receipts/add_counters", [part for pair in counts.items() for part in pair]
