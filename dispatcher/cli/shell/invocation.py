"""How this person types our command: what we print to be typed must work as it stands."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path


def mms(folder: Path | None = None) -> str:
    """`mms` if the shell finds ours by that name, else its path, seen from `folder` (default: here)."""
    ours = Path(sys.executable).with_name("mms")
    found = shutil.which("mms")
    if found is not None and os.path.realpath(found) == os.path.realpath(ours):
        return "mms"
    base = folder or Path.cwd()
    return str(ours.relative_to(base) if ours.is_relative_to(base) else ours)
