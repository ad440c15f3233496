"""What is remembered of a ledger outside of it, in the data folder: by it an older copy is known when it is put back.

`DATA_DIR/witness/{ledger}/ticks` holds how often the ledger ticked; an older copy of the store knows of fewer ticks.
`claims` holds how many claims were counted (claim_memory.py), `files` how long the embedded Valkey's append-only files
were when it ended or began last (append_only.py). `anchor` is written once: a file system gives every copy of a file a
change time of its own, so that a data folder that was put back as a whole is known by it. The folder `witness` does
not belong into a backup.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

#: File systems keep a change time to the second at the worst.
_TOLERANCE_SECONDS = 2


class Witness:
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
