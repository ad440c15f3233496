"""The key in the callback's address, also while the ledger that holds it is away.

MMS_CALLBACK_KEY decides where it is set. Else the key is the ledger's, and is remembered in a private file for a start
without Redis. Until the ledger was seen no key is refused for good: a callback is kept with the key that it came with,
and what does not prove right when the ledger is back is left out.
"""

from __future__ import annotations

import hmac
import logging
from enum import Enum
from pathlib import Path

from dispatcher.errors import MmsError
from dispatcher.host.private_files import private_folder, write_private

#: Longer ones are nobody's.
KEY_MAX = 200
logger = logging.getLogger(__name__)


class Judgement(Enum):
    """What a key is: ours, foreign, or to be proved once the ledger is there."""

    OURS = "ours"
    FOREIGN = "foreign"
    UNPROVED = "unproved"


class CallbackKeys:
    """Which keys the receiver takes. `file` remembers the ledger's key; without one nothing is remembered."""

    def __init__(self, configured: str | None, file: Path | None = None) -> None:
        self._key = configured.encode() if configured else None
        self._configured = configured is not None
        self._file = file
        self._remembered = _read(file)

    def judge(self, key: bytes) -> Judgement:
        """Whose this key is, in constant time for a given length."""
        if self._key is not None:
            return Judgement.OURS if hmac.compare_digest(key, self._key) else Judgement.FOREIGN
        return Judgement.UNPROVED if 0 < len(key) <= KEY_MAX else Judgement.FOREIGN

    def is_remembered(self, key: bytes) -> bool:
        """Whether it is the key that the ledger had when it was seen last."""
        return self._remembered is not None and hmac.compare_digest(key, self._remembered)

    def proves(self, key: bytes) -> bool:
        """Whether a callback that was kept with this key may be believed; none was kept with a key that was ours."""
        return not key or (self._key is not None and hmac.compare_digest(key, self._key))

    def learn(self, key: str) -> None:
        """The ledger was seen, and has this key. Where it cannot be remembered, a start without Redis knows it not."""
        self._key = key.encode()
        if self._file is None or self._configured or self._remembered == self._key:
            return
        try:
            private_folder(self._file.parent)
            write_private(self._file, key)
        except MmsError as error:
            logger.warning("the callback key is not remembered: %s", error.message)


def _read(file: Path | None) -> bytes | None:
    try:
        return file.read_bytes().strip() or None if file else None
    except OSError:
        return None
