"""Where settings are written: environment variables with the prefix `MMS_`, before `mms.toml` of this folder.

A variable `MMS_…_FILE` names a file that holds the value of `MMS_…`, as container platforms and systemd hand secrets
over: what stands in a file is in no process list and no `inspect`.

Read as they stand there; `settings` judges them. It is apart from it because who only asks for an address, a health
check every few seconds, shall not load what judges.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from dispatcher.errors import ConfigError

PREFIX = "MMS_"
FILE = "mms.toml"
#: Texts that can be switched off: their variable, set to nothing, says so; any other empty variable says nothing.
SWITCHED_OFF_BY_EMPTY = ("stop_answer", "start_answer")

_ENDING = "_file"


def in_environment() -> dict[str, str]:
    """The variables by the names of the settings; capital letters or small ones are the same.

    Raises:
        ConfigError: a variable and the one of its file are both set, or that file gives no value.
    """
    values = {name: value for name, value in _ours().items() if value or name in SWITCHED_OFF_BY_EMPTY}
    for name in [name for name in values if name.endswith(_ENDING)]:
        setting, path = name.removesuffix(_ENDING), values.pop(name)
        if values.get(setting):
            variable = variable_of(setting)
            raise ConfigError(
                f"{variable} and {variable_of(name)} are both set", hint="leave one of the two out"
            )
        values[setting] = _value_in(path, variable_of(name))
    return values


def file_of(setting: str) -> Path | None:
    """The file that the setting's variable `MMS_…_FILE` names; None: it names none."""
    path = _ours().get(setting + _ENDING)
    return Path(path) if path else None


def variable_of(setting: str) -> str:
    """The variable in which a setting stands."""
    return f"{PREFIX}{setting.upper()}"


def _ours() -> dict[str, str]:
    given = {name.lower(): value for name, value in os.environ.items()}
    prefix = PREFIX.lower()
    return {name.removeprefix(prefix): value for name, value in given.items() if name.startswith(prefix)}


def _value_in(path: str, variable: str) -> str:
    """What stands in the file, without the line's end that an editor leaves. No error says it: it may be a secret."""
    try:
        value = Path(path).read_text("utf-8").rstrip("\r\n")
    except OSError as error:
        raise ConfigError(
            f"{variable}: {path} cannot be read: {error.strerror}", hint="name a file that this user may read"
        ) from None
    except ValueError:
        raise ConfigError(f"{variable}: {path} is no text in UTF-8", hint="write the value into it") from None
    if not value:
        raise ConfigError(
            f"{variable}: {path} is empty", hint="write the value into it, or unset the variable"
        )
    return value


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
        ConfigError: a file that a variable names gives no value.
        OSError, ValueError: `mms.toml` cannot be read, or is no TOML.
    """
    return {**in_file(), **in_environment()}
