"""Rows of an upload that cannot be sent, a page at a time, and what a person mended of them; beside the file itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import redis

from dispatcher.ledger.batches.packing import compress, decompress
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import translated
from dispatcher.pipeline.preflight.row_check import RowsContext
from dispatcher.roster.mendable_rows import MendableRow, row_of
from dispatcher.roster.mends import MENDS_MAX, Mend, document_of, mends_of, too_many_mends

PAGE_ROWS = 50
_ABOUT = "about"
#: Beside the lines that are mended: how often they changed.
_REVISION = "revision"


class RowsPage(NamedTuple):
    """Invalid rows of a file as its last check found them, those of page `number` of `pages`."""

    number: int
    pages: int
    context: RowsContext
    rows: tuple[MendableRow, ...]


class StagedMends:
    """Kept as long as the uploads with the same tokens."""

    def __init__(self, client: redis.Redis, life_seconds: int) -> None:
        self._redis = client
        self._life_seconds = life_seconds

    def keep_rows(self, token: str, rows: Sequence[MendableRow], context: RowsContext) -> int:
        """Keep what a check found, in the place of what an earlier one did; answers how many bytes it takes."""
        pages = [rows[first : first + PAGE_ROWS] for first in range(0, len(rows), PAGE_ROWS)]
        fields = {str(number): _packed(page) for number, page in enumerate(pages, 1)}
        fields[_ABOUT] = _packed([len(pages), *context])
        self._put(token, keys.staged_rows(token), dict[Any, Any](fields), anew=True)
        return sum(map(len, fields.values()))

    def page(self, token: str, number: int) -> RowsPage | None:
        """The invalid rows on this page, or on the last if there are fewer; None if there are none."""
        about = self._field(token, _ABOUT)
        if about is None or not about[0]:
            return None
        pages, columns, read_as = about
        number = max(1, min(number, pages))
        rows = tuple(map(row_of, self._field(token, str(number)) or ()))
        return RowsPage(number, pages, RowsContext(tuple(columns), read_as), rows)

    def all(self, token: str) -> tuple[Mend, ...]:
        """Every mend of the file, in the order of its lines."""
        with translated():
            found: Any = self._redis.hgetall(keys.staged_mends(token))
        lines = sorted((line for line in found if line.isdigit()), key=int)
        return tuple(mend for line in lines for mend in mends_of(found[line]))

    def revision(self, token: str) -> str:
        """Another one after each change of the mends; empty if there never were any."""
        with translated():
            found: Any = self._redis.hget(keys.staged_mends(token), _REVISION)
        return "" if found is None else str(int(found))

    def of_lines(self, token: str, lines: Sequence[int]) -> dict[int, tuple[Mend, ...]]:
        """The mends of these lines, for each that has some."""
        if not lines:
            return {}
        with translated():
            found: Any = self._redis.hmget(keys.staged_mends(token), [str(line) for line in lines])
        return {line: mends_of(packed) for line, packed in zip(lines, found, strict=True) if packed}

    def put(self, token: str, mends: Iterable[Mend]) -> None:
        """Take over the mends of a file, line by line in the place of earlier ones.

        Raises:
            FileRefused: it has too many already.
        """
        by_line: dict[str, list[Mend]] = {}
        for mend in mends:
            by_line.setdefault(str(mend.line), []).append(mend)
        if by_line:
            self._require_room(token)
            documents = {line: document_of(of_line) for line, of_line in by_line.items()}
            self._put(token, keys.staged_mends(token), dict[Any, Any](documents))

    def _require_room(self, token: str) -> None:
        with translated():
            fields = int(self._redis.hlen(keys.staged_mends(token)))
        if fields > MENDS_MAX:  # one of them is the revision
            raise too_many_mends()

    def take_back(self, token: str, lines: Sequence[int]) -> None:
        """Forget the mends of these lines."""
        if not lines:
            return
        name = keys.staged_mends(token)
        with translated():
            left_ms = self._left_ms(token)
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hdel(name, *map(str, lines))
            pipeline.hincrby(name, _REVISION, 1)
            pipeline.pexpire(name, left_ms)
            pipeline.execute()

    def take_back_all(self, token: str) -> None:
        """Forget all mends."""
        with translated():
            found: Any = self._redis.hkeys(keys.staged_mends(token))
        self.take_back(token, [int(line) for line in found if line.isdigit()])

    def drop(self, token: str) -> None:
        """Forget it all."""
        with translated():
            self._redis.unlink(keys.staged_rows(token), keys.staged_mends(token))

    def _field(self, token: str, name: str) -> Any:
        with translated():
            packed: Any = self._redis.hget(keys.staged_rows(token), name)
        return None if packed is None else json.loads(decompress(packed))

    def _put(self, token: str, name: str, fields: dict[Any, Any], *, anew: bool = False) -> None:
        """What is written late ends with the upload all the same."""
        with translated():
            left_ms = self._left_ms(token)
            pipeline = self._redis.pipeline(transaction=True)
            if anew:
                pipeline.unlink(name)
            else:
                pipeline.hincrby(name, _REVISION, 1)
            pipeline.hset(name, mapping=fields)
            pipeline.pexpire(name, left_ms)
            pipeline.execute()

    def _left_ms(self, token: str) -> int:
        left_ms = int(self._redis.pttl(keys.staged(token)))
        return left_ms if left_ms > 0 else 1000 * self._life_seconds


def _packed(value: Any) -> bytes:
    return compress(json.dumps(value).encode())
