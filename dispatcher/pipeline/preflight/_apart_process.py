"""The process that checks one file: its work on standard input, what came of it on standard output.

    python -m dispatcher.pipeline.preflight._apart_process FILE PARENT

FILE is the number of an open file, which is read by places of its own: whoever shares it finds its place unmoved.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import IO, Any, BinaryIO, cast

import msgpack

from dispatcher.errors import InputError
from dispatcher.host.side_process import bound_itself, end_with
from dispatcher.model.media import MediaFacts
from dispatcher.pipeline.preflight._apart_wire import Work, facts_of, packed_error, packed_result
from dispatcher.pipeline.preflight.check import check
from dispatcher.roster.rejections import refused
from dispatcher.roster.size_limits import CHECK_CPU_SECONDS, CHECK_MEMORY_MB
from dispatcher.settings import load_settings

_BLOCK = 1 << 18


class _Placed(io.RawIOBase):
    """An open file that is read from a place of our own."""

    def __init__(self, file: int) -> None:
        self._file, self._place = file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: os.fstat(self._file).st_size}
        self._place = start[whence] + offset
        return self._place

    def readinto(self, buffer: Any, /) -> int:
        found = os.pread(self._file, len(buffer), self._place)
        buffer[: len(found)] = found
        self._place += len(found)
        return len(found)


class _Asker:
    """The one who asked for the check, at the other end of two pipes."""

    def __init__(self, heard: IO[bytes], said: IO[bytes]) -> None:
        self._frames = msgpack.Unpacker(heard, max_buffer_size=0, read_size=1 << 16)
        self._said = said

    def hear(self) -> Any:
        return next(self._frames)

    def say(self, frame: Mapping[str, Any]) -> None:
        self._said.write(msgpack.packb(frame))
        self._said.flush()

    def facts(self, urls: Sequence[str]) -> dict[str, MediaFacts]:
        self.say({"ask": list(urls)})
        return facts_of(self.hear())


class _InvalidRows:
    """Invalid rows as they are written to one of a request's files, told in pieces."""

    def __init__(self, asker: _Asker, name: str) -> None:
        self._asker, self._name, self._waiting = asker, name, io.StringIO(newline="")

    def write(self, text: str, /) -> int:
        self._waiting.write(text)
        if self._waiting.tell() > _BLOCK:
            self.tell()
        return len(text)

    def tell(self) -> None:
        self._asker.say({"invalid": self._waiting.getvalue(), "to": self._name})
        self._waiting = io.StringIO(newline="")


def work(asker: _Asker, file: int) -> Mapping[str, Any]:
    """Do what is asked for; the last word."""
    try:
        asked = Work(*asker.hear())
        told = {name: _InvalidRows(asker, name) for name in asked.wants}
        source = cast(BinaryIO, io.BufferedReader(_Placed(file), _BLOCK))
        result = check(source, asked.request(asker.facts, cast(Any, told)), load_settings(**asked.config))
        for rows in told.values():
            rows.tell()
        return packed_result(result)
    except InputError as error:
        return packed_error(error)
    except (MemoryError, RecursionError):
        return packed_error(refused("too_much_work"))
    except Exception as error:  # its text may hold what a row does; where it happened does not
        places = traceback.extract_tb(error.__traceback__)[-3:]
        where = ", ".join(f"{place.filename}:{place.lineno}" for place in places)
        return {"failed": f"{type(error).__name__} at {where}"}


def main() -> None:
    """Bound, then check."""
    bound_itself(memory_mb=CHECK_MEMORY_MB, cpu_seconds=CHECK_CPU_SECONDS)
    end_with(int(sys.argv[2]))
    with open(sys.stdin.fileno(), "rb", buffering=0) as heard:
        asker = _Asker(heard, sys.stdout.buffer)
        asker.say(work(asker, int(sys.argv[1])))


if __name__ == "__main__":
    main()
