"""Keeps watch over the store: one that was put back from an older copy does not know what was sent since.

`mms up` looks before anything else starts, the tick every second. Until the first look after a start of the server
no batch is taken (`take.lua`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from dispatcher.errors import ClaimsHeld
from dispatcher.ledger.installation.recovery import Restored
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.append_only_files import is_cut, lengths
from dispatcher.model.timestamps import iso
from dispatcher.pipeline.recovery.restore_detection import Witness, same_anchor
from dispatcher.settings import Settings

log = logging.getLogger(__name__)

#: What a person is told to do.
MEND = "`mms recover` looks for what was sent since, and lets sending go on"
_HOW = {
    "older": "it counts fewer ticks than this machine remembers",
    "cut": "its end is gone, with claims or other writes that it had confirmed",
    "copied": "the data folder is a copy, or was changed as a whole",
    "told": "somebody said so",
}


def keep_watch(ledger: Ledger, settings: Settings, *, once_in_ms: int = 0) -> bool | None:
    """Count a tick, and remember it outside of the store; True while nothing is sent until `mms recover`, None if
    somebody else ticked in the last `once_in_ms`. A tick that may be forgotten with this server is not remembered.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    witness = Witness(settings.data_dir, ledger.recovery.id())
    try:
        answer = ledger.recovery.ticked(witness.ticks(), once_in_ms=once_in_ms)
    except ClaimsHeld as held:
        log.warning("nothing is claimed: %s", held)
        return ledger.recovery.restored() is not None
    if answer is None:
        return None
    ticks, restored = answer
    witness.remember(ticks)
    return restored


def look_at_own_store(
    ledger: Ledger, settings: Settings, found: Mapping[str, int] | None = None
) -> Restored | None:
    """The same for a store inside of the data folder, at its start: was the folder put back as a whole, or anything cut
    off its files? `found`: their lengths before the server read them, for it cuts off what it cannot read.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    recovery = ledger.recovery
    witness = Witness(settings.data_dir, recovery.id())
    written_down = recovery.anchor()
    if written_down and not same_anchor(written_down, witness.anchor()) and ledger.book.ids():
        recovery.mark("copied")
    if is_cut(witness.files(), lengths(settings.data_dir) if found is None else found):
        recovery.mark("cut")
    remember_files(settings, recovery.id())
    anchor = witness.drop_anchor()
    if anchor != written_down:
        recovery.set_anchor(anchor)
    keep_watch(ledger, settings)
    return recovery.restored()


def remember_files(settings: Settings, ledger: str) -> None:
    """Write down how long the files of the store inside of the data folder are: it was just begun, or has ended."""
    Witness(settings.data_dir, ledger).remember_files(lengths(settings.data_dir))


def in_words(found: Restored) -> str:
    """What happened to the store, for a person."""
    return (
        f"the ledger was put back from an older copy ({_HOW[found.why]}): it does not know what was sent since "
        f"{iso(found.since_ms)}, so nothing is sent"
    )
