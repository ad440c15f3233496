"""Who was erased, remembered outside of the ledger: a copy that is put back knows them again, and `mms recover` erases
them once more.

`DATA_DIR/erased` holds no number: each line is a time and a digest under the file's own key, which only says of a
number that is there whether it is meant.
"""

from __future__ import annotations

import fcntl
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dispatcher.errors import InputError
from dispatcher.host.private_files import private_folder, write_private
from dispatcher.ledger.consent.inbound import KEPT_MAX
from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.consent.retention import forget
from dispatcher.settings import Settings

#: The time of a copy is that of its last tick.
_SLACK_MS = 600_000
_DAY_MS = 86_400_000
_KEY_BYTES = 32


class ErasureRegister:
    """What this data folder remembers of erasures."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / "erased"

    def add(self, number: str, at_ms: int, *, keep_after_ms: int) -> None:
        """Remember that this person was erased; entries that are older than `keep_after_ms` go.

        Raises:
            InputError: the folder takes no file.
        """
        private_folder(self._file.parent)
        try:
            with _locked(self._file.with_suffix(".lock")):
                key, entries = _read(self._file.read_bytes() if self._file.exists() else b"")
                entries = {digest: at for digest, at in entries.items() if at >= keep_after_ms}
                entries[_digest(key, number)] = at_ms
                lines = [key.hex(), *(f"{at} {digest}" for digest, at in entries.items())]
                write_private(self._file, "\n".join(lines) + "\n")
        except (OSError, InputError) as error:
            raise InputError(
                f"{self._file} cannot be written: {error.strerror if isinstance(error, OSError) else error.message}",
                hint="without it a copy that is put back brings this person back",
            ) from None

    def since(self, since_ms: int) -> ErasedPeople:
        """Those who were erased from then on."""
        try:
            key, entries = _read(self._file.read_bytes())
        except OSError:
            return ErasedPeople(b"", frozenset())
        return ErasedPeople(key, frozenset(digest for digest, at in entries.items() if at >= since_ms))


class ErasedPeople:
    """Says of a number whether it was erased."""

    def __init__(self, key: bytes, digests: frozenset[str]) -> None:
        self._key = key
        self._digests = digests

    def __bool__(self) -> bool:
        return bool(self._digests)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, str) and _digest(self._key, number) in self._digests


def remember_erasure(ledger: Ledger, number: str, config: Settings) -> None:
    """This person is erased now, and will be again if an older copy of the ledger is put back.

    Raises:
        InputError: the data folder takes no file.
    """
    now_ms = ledger.agenda.now_ms()
    keep_after_ms = now_ms - int((config.retention + config.records) * _DAY_MS)
    ErasureRegister(config.data_dir).add(number, now_ms, keep_after_ms=keep_after_ms)


def erase_again(ledger: Ledger, config: Settings, since_ms: int) -> int:
    """Erase everybody whom the ledger names although this data folder knows that they were erased since; how many.

    Who was erased before that and is in the ledger came back by themselves.
    """
    erased = ErasureRegister(config.data_dir).since(since_ms - _SLACK_MS)
    found = {number for number in _numbers(ledger) if number in erased} if erased else set()
    for number in found:
        forget(ledger, number, config)
    return len(found)


def _numbers(ledger: Ledger) -> Iterator[str]:
    """Every number of a row, and of who wrote to us."""
    for campaign_id in ledger.campaigns.ids():
        for batch in ledger.campaigns.batch_numbers(campaign_id):
            content = ledger.batches.content(campaign_id, batch)
            yield from (row.number for row in (content.rows if content else ()) if row.number)
    yield from (message.sender for message in ledger.inbound.newest(KEPT_MAX))


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(text: bytes) -> tuple[bytes, dict[str, int]]:
    key, *lines = text.decode("ascii", "replace").splitlines() or [secrets.token_hex(_KEY_BYTES)]
    pairs = (line.split(" ", 1) for line in lines if " " in line)
    return bytes.fromhex(key), {digest: int(at) for at, digest in pairs}


def _digest(key: bytes, number: str) -> str:
    return hmac.digest(key, number.encode(), "sha256")[:16].hex()
