"""Bytes in full chunks, and a look at those that come later."""

from __future__ import annotations

import tempfile
from typing import IO

from dispatcher.roster.files.file_source import Readable

_CHUNK_BYTES = 1 << 18
_IN_MEMORY = 8 << 20


class Chunks:
    """A stream in full chunks, however little it hands out at a time. Looking ahead keeps what was seen, on disk if it
    is much, and is over when the next chunk is handed out."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._seen: IO[bytes] | None = None
        self._at = 0

    def next(self) -> bytes:
        """The next bytes; none at the end."""
        if self._seen is not None:
            self._seen.seek(self._at)
            if chunk := self._seen.read(_CHUNK_BYTES):
                self._at += len(chunk)
                return chunk
            self._seen.close()
            self._seen = None
        return self._read()

    def ahead(self) -> bytes:
        """The chunk behind those that were seen; none at the end."""
        if self._seen is None:
            self._seen = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed when it was read
        chunk = self._read()
        self._seen.write(chunk)
        return chunk

    def _read(self) -> bytes:
        pieces, missing = [], _CHUNK_BYTES
        while missing > 0 and (piece := self._stream.read(missing)):
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)
