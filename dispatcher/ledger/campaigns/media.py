"""Media in the ledger: local files under their hash, and what was found about addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgpack

from dispatcher.ledger.batches.packing import compress, decompress
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import Scripts, type_of_argument
from dispatcher.model.media import MediaFacts

CHUNK_BYTES = 256 * 1024
#: A medium that no campaign needs, or none yet, is forgotten after this.
UNOWNED_MS = 24 * 3600 * 1000
_HASH = re.compile(r"[0-9a-f]{64}")


class Medium(NamedTuple):
    """A stored medium: its content type and its size in bytes."""

    kind: str
    size: int


class Media:
    """Stores media and hands them out by parts."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def store(self, content_hash: str, kind: str, content: bytes) -> None:
        """Keep a medium for a day, or for as long as campaigns need it that are made with its hash."""
        arguments: list[type_of_argument] = [content_hash, UNOWNED_MS, "type", kind, "size", len(content)]
        for number, start in enumerate(range(0, len(content), CHUNK_BYTES)):
            arguments += [number, content[start : start + CHUNK_BYTES]]
        self._scripts.run("campaigns/store_media", *arguments)

    def find(self, content_hash: str) -> Medium | None:
        """What is stored under this hash; None for what is none, or not there."""
        if not _HASH.fullmatch(content_hash):
            return None
        with translated():
            found: Any = self._redis.hmget(keys.medium(content_hash), "type", "size")
        return None if found[0] is None else Medium(text_of(found[0]), int(found[1]))

    def read(self, content_hash: str, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` and before `stop`, a piece at a time; fewer if the medium lapses meanwhile."""
        while start < stop:
            number, offset = divmod(start, CHUNK_BYTES)
            with translated():
                chunk: Any = self._redis.hget(keys.medium(content_hash), str(number))
            piece = (chunk or b"")[offset : offset + stop - start]
            if not piece:
                return
            yield piece
            start += len(piece)

    def stored(self) -> list[str]:
        """Hashes of the media that campaigns needed when last looked at."""
        with translated():
            found: Any = self._redis.smembers(keys.MEDIA)
        return sorted(map(text_of, found))

    def release(self, content_hash: str) -> bool:
        """Let a medium lapse if its campaigns are all settled; whether it does."""
        return bool(self._scripts.run("campaigns/release_media", content_hash, UNOWNED_MS) == b"lapses")


def pack_facts(facts: Mapping[str, MediaFacts]) -> bytes:
    """What was found about addresses, for the reader of the campaign's file."""
    return compress(msgpack.packb({url: tuple(fact) for url, fact in facts.items()}))


def unpack_facts(packed: bytes) -> dict[str, MediaFacts]:
    """The inverse of `pack_facts`."""
    return {
        url: MediaFacts(*fact) for url, fact in msgpack.unpackb(decompress(packed), use_list=False).items()
    }
