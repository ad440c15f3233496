"""The uploaded file, in compressed chunks in Redis until it is read, so that any machine can expand it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, Protocol

from dispatcher.ledger.batches.packing import compress, decompress
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import translated
from dispatcher.ledger.store.scripts import Scripts

CHUNK_BYTES = 512 * 1024
#: A file whose campaign was never made is forgotten after this.
UNOWNED_SECONDS = 24 * 3600


class ByteSource(Protocol):
    """What is stored: it is read once."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


class Uploads:
    """Stores and streams back campaign files."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def store(self, campaign_id: str, source: ByteSource) -> int:
        """Write the stream in chunks; answers how many. Overwrites what an interrupted try left.

        The chunks lapse unless a campaign is made of them, which then owns them until they are read.
        """
        return self.stage(campaign_id, source, UNOWNED_SECONDS)[0]

    def stage(self, owner: str, source: ByteSource, life_seconds: int) -> tuple[int, int]:
        """The same for what is no campaign yet; answers how many chunks, and how many bytes they take."""
        count = size = 0
        with translated():
            while chunk := source.read(CHUNK_BYTES):
                packed = compress(chunk)
                self._redis.set(keys.upload(owner, count), packed, ex=life_seconds)
                count, size = count + 1, size + len(packed)
        return count, size

    def swap(self, owner: str, other: str, chunks: int, new_chunks: int, *, seen: str, fields: str) -> bool:
        """Put the file under `other` in the place of a draft's or a schedule's; False: its owner is another by now.

        `seen` is a schedule's `revision:made:missed` as it was read, `fields` its JSON then; of a draft nothing,
        and the name of its file.
        """
        answer = self._scripts.run("campaigns/swap_upload", owner, other, chunks, new_chunks, seen, fields)
        return bool(answer == b"ok")

    def drop(self, campaign_id: str, chunks: int) -> None:
        """Forget an upload that no campaign was made of."""
        with translated():
            for number in range(chunks):
                self._redis.unlink(keys.upload(campaign_id, number))

    def open(self, campaign_id: str, chunks: int) -> BinaryIO:
        """A readable stream over the stored file.

        Raises:
            FileNotFoundError: while reading, when a chunk is gone.
        """
        return io.BufferedReader(_ChunkStream(self._chunks(campaign_id, chunks)), CHUNK_BYTES)

    def _chunks(self, campaign_id: str, chunks: int) -> Iterator[bytes]:
        for number in range(chunks):
            with translated():
                packed: Any = self._redis.get(keys.upload(campaign_id, number))
            if packed is None:
                raise FileNotFoundError(f"chunk {number} of the upload is gone")
            yield decompress(packed)


class _ChunkStream(io.RawIOBase):
    """Raw reads over an iterator of chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        target = memoryview(buffer)  # type: ignore[arg-type]
        if not self._rest:
            self._rest = next(self._chunks, b"")
        part = self._rest[: len(target)]
        target[: len(part)] = part
        self._rest = self._rest[len(part) :]
        return len(part)
