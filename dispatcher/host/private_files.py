"""Files that hold a secret: readable by their owner only, and never half written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from dispatcher.errors import InputError


def private_folder(folder: Path) -> Path:
    """Make the folder, and those above it, for its owner only; an existing one keeps its rights.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder {folder} cannot be made: {error.strerror}",
            hint="give MMS_DATA_DIR a folder that you may write to",
        ) from None
    return folder


def write_private(file: Path, text: str) -> None:
    """Write the file in one step with mode 0600: a reader sees the old text or the new one, whole.

    Raises:
        InputError: the folder is full or may not be written to.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
                handle.write(text)
                handle.flush()
                os.fsync(handle.fileno())
            os.replace(name, file)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise InputError(
            f"{file} cannot be written: {error.strerror}", hint="look at the folder's owner and free space"
        ) from None
