"""The keys in the callback's address, also while the ledger that holds them is away.

MMS_CALLBACK_KEY is always one of them. The others are the ledger's: the one in use, and earlier ones while they count.
They are remembered in a private file for a start without Redis. Until the ledger was seen no key is refused for good
where none is set, nor one that is remembered: a callback is kept with the key that it came with, and what does not
prove right when the ledger is back is left out.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Sequence
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
    """Which keys the receiver takes. `file` remembers the ledger's; without one nothing is remembered."""

    def __init__(self, configured: str | None, file: Path | None = None) -> None:
        self._configured = (configured.encode(),) if configured else ()
        self._known = self._configured
        self._learned = False
        self._file = file
        self._remembered = _read(file)

    def judge(self, key: bytes) -> Judgement:
        """Whose this key is, in constant time for a given length."""
        if _is_among(key, self._known):
            return Judgement.OURS
        unsure = not self._learned and (not self._configured or self.is_remembered(key))
        return Judgement.UNPROVED if unsure and 0 < len(key) <= KEY_MAX else Judgement.FOREIGN

    def is_remembered(self, key: bytes) -> bool:
        """Whether it is a key that the ledger had when it was seen last."""
        return _is_among(key, self._remembered)

    def proves(self, key: bytes) -> bool:
        """Whether a callback that was kept with this key may be believed; none was kept with a key that was ours."""
        return not key or _is_among(key, self._known)

    def learn(self, keys: Sequence[str]) -> None:
        """The ledger was seen, and has these. Where they cannot be remembered, a start without Redis knows none."""
        ledgers = tuple(key.encode() for key in keys)
        self._known = (*self._configured, *(key for key in ledgers if key not in self._configured))
        self._learned = True
        if self._file is None or set(ledgers) == set(self._remembered):
            return
        try:
            private_folder(self._file.parent)
            write_private(self._file, "\n".join(keys))
            self._remembered = ledgers
        except MmsError as error:
            logger.warning("the callback keys are not remembered: %s", error.message)


def _is_among(key: bytes, keys: Sequence[bytes]) -> bool:
    """Each is compared, so that the time tells nothing."""
    return sum(hmac.compare_digest(key, each) for each in keys) > 0


def _read(file: Path | None) -> tuple[bytes, ...]:
    try:
        return tuple(file.read_bytes().split()) if file else ()
    except OSError:
        return ()
