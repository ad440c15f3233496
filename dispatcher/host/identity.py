"""Which run of a data folder on which machine: names of hosts may repeat, and a host may have several folders."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def home_of(data_dir: Path) -> str:
    """16 characters that no other machine and no other folder of this one has; a machine's next boot has others."""
    return hashlib.sha256(f"{_boot()}:{data_dir.absolute()}".encode()).hexdigest()[:16]


def _boot() -> str:
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return f"{uuid.getnode():012x}"
