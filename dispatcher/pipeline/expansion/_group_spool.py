"""Rows put together by their group from anywhere in a file, on disk once they are many.

Rows go into buckets by a checksum of their group. Afterwards one bucket after the other is read: first its groups are
counted, then each group is written out where its last member stood. The buckets' groups are then merged into the
file's order. So memory holds the counts and the unfinished groups of one bucket, never the rows of the file.
"""

from __future__ import annotations

import heapq
import zlib
from collections import Counter
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Any, NamedTuple

import msgpack

from dispatcher.model.recipient import Recipient

_BUCKETS = 64
#: Up to here a bucket stays in memory.
_BUCKET_BYTES = 1 << 18


class SpooledGroup(NamedTuple):
    """A whole group; or, when it has more than `largest` rows, one of them. `size` is the group's."""

    members: list[Recipient]
    size: int


class _Bucket:
    """Packed rows, written in order and read back in the same."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_BUCKET_BYTES)  # noqa: SIM115 - closed with the last reference

    def write(self, value: object) -> None:
        self._file.write(msgpack.packb(value))

    def __iter__(self) -> Iterator[Any]:
        self._file.seek(0)
        return iter(msgpack.Unpacker(self._file, use_list=False, max_buffer_size=0))


class GroupSpool:
    """Takes rows that have a group, then hands out the groups. `largest` is the most members that stay together."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._buckets: dict[int, _Bucket] = {}

    def add(self, row: Recipient) -> None:
        """Take one row."""
        place = zlib.crc32((row.group or "").encode()) % _BUCKETS
        self._buckets.setdefault(place, _Bucket()).write(row)

    def groups(self) -> Iterator[SpooledGroup]:
        """Every group once its last member was read; the rows of too large groups one by one."""
        runs = [self._run(self._buckets.pop(place)) for place in sorted(self._buckets)]
        for members, size in heapq.merge(*runs, key=lambda run: run[0][-1][0]):
            yield SpooledGroup([Recipient(*member) for member in members], size)

    def _run(self, bucket: _Bucket) -> _Bucket:
        """The bucket's groups, in the order of their last members."""
        sizes = Counter(row[-2] for row in bucket)
        run, open_groups = _Bucket(), dict[object, list[object]]()
        for row in bucket:
            group = row[-2]
            members = open_groups.setdefault(group, [])
            members.append(row)
            if sizes[group] > self._largest or len(members) == sizes[group]:
                run.write((members, sizes[group]))
                del open_groups[group]
        return run
