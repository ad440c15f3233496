"""Where settings are written: environment variables with the prefix `MMS_`, before `mms.toml` of this folder.

Read as they stand there; `settings` judges them. It is apart from it because who only asks for an address, a health
check every few seconds, shall not load what judges.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

PREFIX = "MMS_"
FILE = "mms.toml"
#: Texts that can be switched off: their variable, set to nothing, says so; any other empty variable says nothing.
SWITCHED_OFF_BY_EMPTY = ("stop_answer", "start_answer")


def in_environment() -> dict[str, str]:
    """The variables by the names of the settings; capital letters or small ones are the same."""
    given = {name.lower(): value for name, value in os.environ.items()}
    ours = {
        name.removeprefix(PREFIX.lower()): value
        for name, value in given.items()
        if name.startswith(PREFIX.lower())
    }
    return {name: value for name, value in ours.items() if value or name in SWITCHED_OFF_BY_EMPTY}


def in_file() -> dict[str, Any]:
    """What stands in `mms.toml`; nothing if there is none.

    Raises:
        OSError, ValueError: it cannot be read, or is no TOML.
    """
    file = Path(FILE)
    return tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}


def written() -> dict[str, Any]:
    """Both, the environment before the file.

    Raises:
        OSError, ValueError: the file cannot be read, or is no TOML.
    """
    return {**in_file(), **in_environment()}
