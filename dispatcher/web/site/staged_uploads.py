"""Uploads between their check and their start: the file stays in the ledger, so that nobody uploads it twice.

It lies there in compressed pieces, as the file of a campaign does, so that any web process finds what another one
checked. What a process that dies leaves half-way has no name, is found by nobody, and lapses.
"""

from __future__ import annotations

import io
import re
import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import redis

from dispatcher.errors import NotFound
from dispatcher.ledger.campaigns.uploads import Uploads
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.pipeline.preflight.row_check import RowsContext
from dispatcher.roster.mendable_rows import MendableRow
from dispatcher.roster.mends import packed_mends, split_off
from dispatcher.web.site.staged_mends import StagedMends

LIFE_SECONDS = 3600
#: So much of them, compressed, lies in the ledger at a time; when there is more, the oldest go.
MOST_BYTES = 256 * 1024 * 1024
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class StagedUpload:
    """A file that was checked. `checked` is what it was checked with, to be compared with what is sent."""

    token: str
    filename: str
    checked: str


@dataclass(frozen=True, slots=True)
class Sending:
    """Somebody sends an upload, since `at_ms` (this machine's clock); `page` is what it became, empty before."""

    at_ms: int
    page: str


class StagedUploads:
    """Files that are gone after an hour, found by whoever has their token. `most_bytes` see `MOST_BYTES`."""

    def __init__(self, client: redis.Redis, uploads: Uploads, most_bytes: int = MOST_BYTES) -> None:
        self._redis = client
        self._uploads = uploads
        self._most_bytes = most_bytes
        self.mends = StagedMends(client, LIFE_SECONDS)

    def hold(self, source: BinaryIO, filename: str) -> str:
        """Keep a copy of `source`, and of what a person mended in it, and return the token it is found by.

        Raises:
            StoreUnavailable: Redis does not answer; nothing is kept.
        """
        token = secrets.token_urlsafe(24)
        source.seek(0)
        mends, file = split_off(source)
        self.mends.put(token, mends)
        chunks, size = self._uploads.stage(_owner(token), file, LIFE_SECONDS)
        facts = {"filename": filename, "checked": "", "chunks": chunks, "bytes": size}
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hset(keys.staged(token), mapping=dict[Any, Any](facts))
            pipeline.expire(keys.staged(token), LIFE_SECONDS)
            pipeline.zadd(keys.STAGED, {token: _now_ms()})
            pipeline.expire(keys.STAGED, LIFE_SECONDS)
            pipeline.execute()
        self._let_the_oldest_go()
        return token

    def note(self, upload: StagedUpload) -> None:
        """Remember what the file was checked with; of one that is gone meanwhile nothing."""
        with translated():
            known = self._redis.hexists(keys.staged(upload.token), "filename")
        if known:
            self._put(keys.staged(upload.token), "checked", upload.checked)

    def keep_rows(self, token: str, rows: Sequence[MendableRow], context: RowsContext) -> None:
        """Keep the rows that cannot be sent, see `StagedMends`; of an upload that is gone meanwhile nothing."""
        self.find(token)
        size = self.mends.keep_rows(token, rows, context)
        self._put(keys.staged(token), "rows_bytes", str(size))

    def find(self, token: str) -> StagedUpload:
        """The upload with this token.

        Raises:
            NotFound: there is none, or its hour is over.
        """
        filename, checked, _ = self._facts(token)
        return StagedUpload(token, filename, checked)

    @contextmanager
    def open(self, token: str) -> Iterator[BinaryIO]:
        """A copy of the file with its mends, on this machine's disk while it is open.

        Raises:
            NotFound: there is none.
        """
        chunks = self._facts(token)[2]
        with tempfile.TemporaryFile() as copy:
            copy.write(packed_mends(self.mends.all(token)))
            try:
                stored = self._uploads.open(_owner(token), chunks)
                while block := stored.read(_BLOCK):
                    copy.write(block)
            except FileNotFoundError:
                raise _gone() from None
            copy.seek(0)
            yield copy

    def stream(self, token: str) -> BinaryIO:
        """The file with its mends from its beginning, read from the ledger as far as somebody reads it.

        Raises:
            NotFound: there is none.
            FileNotFoundError: while reading, when its hour ends.
        """
        chunks = self._facts(token)[2]
        mends = io.BytesIO(packed_mends(self.mends.all(token)))
        return io.BufferedReader(_Joined([mends, self._uploads.open(_owner(token), chunks)]))

    def claim(self, token: str) -> Sending | None:
        """Become the one who sends this upload: None. Or who is at it, or was."""
        name = _key(token)
        with translated():
            if self._redis.hsetnx(name, "sending", _now_ms()):
                self._redis.expire(name, LIFE_SECONDS, nx=True)
                return None
        return self.sent_as(token)

    def sent_as(self, token: str) -> Sending | None:
        """Who sends an upload and what it became, None if nobody has."""
        with translated():
            at, page = self._redis.hmget(_key(token), ("sending", "page"))
        return None if at is None else Sending(int(at), text_of(page or b""))

    def became(self, token: str, page: str) -> None:
        """It is a campaign now, which has a copy of its own, so this one goes."""
        self._put(_key(token), "page", page)
        self.drop(token)

    def give_back(self, token: str) -> None:
        """It did not become a campaign; it may be sent again."""
        with translated():
            self._redis.hdel(_key(token), "sending")

    def drop(self, token: str) -> None:
        """Forget an upload, if it is there; not what it became."""
        if not _TOKEN.fullmatch(token):
            return
        with translated():
            chunks = int(self._redis.hget(keys.staged(token), "chunks") or 0)
            self._redis.hdel(keys.staged(token), "filename", "checked", "chunks", "bytes", "rows_bytes")
            self._redis.zrem(keys.STAGED, token)
        self.mends.drop(token)
        self._uploads.drop(_owner(token), chunks)

    def _put(self, name: str, field: str, value: str) -> None:
        """Its hour may end at any time, and what is written then must end, too."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hset(name, field, value)
            pipeline.expire(name, LIFE_SECONDS, nx=True)
            pipeline.execute()

    def _facts(self, token: str) -> tuple[str, str, int]:
        with translated():
            filename, checked, chunks = self._redis.hmget(_key(token), ("filename", "checked", "chunks"))
        if filename is None:
            raise _gone()
        return text_of(filename), text_of(checked or b""), int(chunks or 0)

    def _let_the_oldest_go(self) -> None:
        """Several web processes may do so at once: then one more goes than had to."""
        with translated():
            tokens = [text_of(token) for token in self._redis.zrange(keys.STAGED, 0, -1, desc=True)]
            pipeline = self._redis.pipeline(transaction=False)
            for token in tokens:
                pipeline.hmget(keys.staged(token), ("bytes", "rows_bytes"))
            sizes = pipeline.execute()
        total = 0
        for index, (token, (size, rows_size)) in enumerate(zip(tokens, sizes, strict=True)):
            total += int(size or 0) + int(rows_size or 0)
            if size is None or (index and total > self._most_bytes):
                self.drop(token)


class _Joined(io.RawIOBase):
    """Files read as one, one after the other."""

    def __init__(self, files: list[BinaryIO]) -> None:
        self._files = files

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while self._files:
            if block := self._files[0].read(len(buffer)):
                buffer[: len(block)] = block
                return len(block)
            self._files.pop(0)
        return 0


def _owner(token: str) -> str:
    """The name under which its pieces lie, where a campaign's id would stand."""
    return f"staged-{token}"


def _key(token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise _gone()
    return keys.staged(token)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _gone() -> NotFound:
    return NotFound("The uploaded file is not kept any more.", hint="choose the file again")
