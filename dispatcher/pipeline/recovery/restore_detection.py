"""What is remembered of a ledger outside of it, in the data folder: by it an older copy is known when it is put back.

`DATA_DIR/witness/{ledger}/ticks` holds how often the ledger ticked; an older copy of the store knows of fewer ticks.
`claims` holds how many claims were counted (_claim_memory.py), `files` how long the embedded Valkey's append-only files
were when it ended or began last (append_only_files.py). `anchor` is written once: a file system gives every copy of a
file a change time of its own, so that a data folder that was put back as a whole is known by it. The folder `witness`
does not belong into a backup.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from dispatcher.errors import ClaimsHeld
from dispatcher.ledger.installation.recovery import Restored
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.append_only_files import is_cut, lengths
from dispatcher.model.timestamps import utc_text_or_none
from dispatcher.settings import Settings

log = logging.getLogger(__name__)

#: File systems keep a change time to the second at the worst.
_TOLERANCE_SECONDS = 2


class LedgerMemory:
    """What this data folder remembers of one ledger."""

    def __init__(self, data_dir: Path, ledger_id: str) -> None:
        self._folder = data_dir / "witness" / ledger_id

    def ticks(self) -> int:
        """The most ticks that are known of; 0: nothing is known."""
        try:
            return int((self._folder / "ticks").read_text("ascii"))
        except (OSError, ValueError):
            return 0

    def remember(self, ticks: int) -> bool:
        """Write down how often the ledger ticked; False: this folder takes nothing."""
        return self._put("ticks", f"{ticks}\n")

    def _put(self, name: str, text: str) -> bool:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = self._folder / f".{name}.{os.getpid()}"
            fresh.write_text(text, "utf-8")
            fresh.replace(self._folder / name)
        except OSError as error:
            log.debug("the data folder remembers no %s: %s", name, error.strerror)
            return False
        return True

    def files(self) -> dict[str, int]:
        """The append-only files and their lengths as they were left; empty: nothing is known."""
        try:
            found = json.loads((self._folder / "files").read_text("utf-8"))
            return {str(name): int(length) for name, length in found.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def remember_files(self, files: dict[str, int]) -> None:
        """Write down how long they are."""
        self._put("files", json.dumps(files))

    def anchor(self) -> str:
        """When the anchor was last changed, as its file system says; empty: there is none."""
        try:
            return str(int((self._folder / "anchor").stat().st_ctime))
        except OSError:
            return ""

    def drop_anchor(self) -> str:
        """Make the anchor if there is none; what it looks like, empty if it cannot be made."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self._folder / "anchor").touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            pass
        except OSError as error:
            log.debug("the data folder takes no anchor: %s", error.strerror)
        return self.anchor()


def same_anchor(one: str, other: str) -> bool:
    """Whether two looks were at the same file, not at a copy of it."""
    return bool(one and other) and abs(int(one) - int(other)) < _TOLERANCE_SECONDS


#: What a person is told to do.
MEND = "`mms recover` looks for what was sent since, and lets sending go on"
_HOW = {
    "older": "it counts fewer ticks than this machine remembers",
    "cut": "its end is gone, with claims or other writes that it had confirmed",
    "copied": "the data folder is a copy, or was changed as a whole",
    "told": "somebody said so",
    "put back": "`mms restore` did that",
    "half": "`mms restore` did not come to its end",
}


def count_tick(ledger: Ledger, settings: Settings, *, once_in_ms: int = 0) -> bool | None:
    """Count a tick, and remember it outside of the store; True while nothing is sent until `mms recover`, None if
    somebody else ticked in the last `once_in_ms`. A tick that may be forgotten with this server is not remembered.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    memory = LedgerMemory(settings.data_dir, ledger.recovery.id())
    try:
        answer = ledger.recovery.ticked(memory.ticks(), once_in_ms=once_in_ms)
    except ClaimsHeld as held:
        log.warning("nothing is claimed: %s", held)
        return ledger.recovery.restored() is not None
    if answer is None:
        return None
    ticks, restored = answer
    memory.remember(ticks)
    return restored


def detect_restore(
    ledger: Ledger, settings: Settings, found: Mapping[str, int] | None = None
) -> Restored | None:
    """The same for a store inside of the data folder, at its start: was the folder put back as a whole, or anything cut
    off its files? `found`: their lengths before the server read them, for it cuts off what it cannot read.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    recovery = ledger.recovery
    memory = LedgerMemory(settings.data_dir, recovery.id())
    written_down = recovery.anchor()
    if written_down and not same_anchor(written_down, memory.anchor()) and ledger.campaigns.ids():
        recovery.mark("copied")
    if is_cut(memory.files(), lengths(settings.data_dir) if found is None else found):
        recovery.mark("cut")
    remember_files(settings, recovery.id())
    anchor = memory.drop_anchor()
    if anchor != written_down:
        recovery.set_anchor(anchor)
    count_tick(ledger, settings)
    return recovery.restored()


def remember_files(settings: Settings, ledger: str) -> None:
    """Write down how long the files of the store inside of the data folder are: it was just begun, or has ended."""
    LedgerMemory(settings.data_dir, ledger).remember_files(lengths(settings.data_dir))


def mend(found: Restored) -> str:
    """What a person is to do about it."""
    return MEND if found.why != "half" else "empty this Redis, and run `mms restore` again"


def in_words(found: Restored) -> str:
    """What happened to the store, for a person."""
    return (
        f"the ledger was put back from an older copy ({_HOW[found.why]}): it does not know what was sent since "
        f"{utc_text_or_none(found.since_ms)}, so nothing is sent"
    )
