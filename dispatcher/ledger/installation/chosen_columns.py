"""Columns of recipients that a person chose, for the next file with the same headings."""

from __future__ import annotations

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import Scripts

#: So many are kept, and all of them so long after the last.
MOST = 500
LIFE_SECONDS = 400 * 86_400


class RememberedColumns:
    """One hash: hash of the headings → the column."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def remember(self, headings_hash: str, column: str) -> None:
        """The column is that of files with these headings from now on.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        self._scripts.run("installation/remember_column", headings_hash, column, MOST, LIFE_SECONDS)

    def all(self) -> dict[str, str]:
        """Hash of the headings → the column.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        with translated():
            found = self._redis.hgetall(keys.COLUMNS)
        return {text_of(field): text_of(value).partition(":")[2] for field, value in found.items()}
