"""A campaign's settings, from options and from its settings file (NAME.toml beside it), merged and checked."""

from __future__ import annotations

import datetime as dt
import difflib
import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dispatcher.errors import InputError
from dispatcher.model.campaign import CampaignSettings
from dispatcher.roster.files.file_source import unpacked_name
from dispatcher.roster.media_cells import checked_media, split_media
from dispatcher.roster.numbers import read_sender
from dispatcher.roster.rejections import REFUSAL_CODES, RowError
from dispatcher.rules.rates import parse_rate

#: What people write → the field.
_FIELDS = {"from": "senders"} | {name: name for name in CampaignSettings.model_fields}
_WRITTEN = {"senders": "from"}
#: Never both, and the one that was given later wins.
_ALTERNATIVES = {"group_size": "group_by", "group_by": "group_size"}


def settings_file_path(campaign_file: Path) -> Path:
    """The settings file of a campaign file: the same name with `.toml`, `.gz` and `.zip` not counted."""
    plain = unpacked_name(campaign_file.name)
    return (campaign_file.with_name(plain) if plain else campaign_file).with_suffix(".toml")


def load_settings_file(campaign_file: Path, *, other_keys: Collection[str] = ()) -> dict[str, Any]:
    """What the settings file of a campaign file says, keys checked; empty without one. `other_keys` are keys that may
    stand there too.

    Raises:
        InputError: it is not TOML, or has a key that is no setting (the nearest one is named).
    """
    if not campaign_file.name:
        raise InputError("no file is named", hint="name the campaign file, for example spring.csv")
    path = settings_file_path(campaign_file)
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path.name} cannot be read: {error}", hint="write it as TOML in UTF-8") from None
    for key in content:
        if key not in _FIELDS and key not in other_keys:
            raise InputError(f"{path.name}: {key!r} is no setting{_nearest(key)}", hint=_all_names())
    return content


def resolve_settings(
    options: Mapping[str, Any], in_file: Mapping[str, Any]
) -> tuple[CampaignSettings, frozenset[str]]:
    """The campaign's settings, and the names of the fields that options gave: they outrank columns.

    Both mappings use the names of `CampaignSettings` or `from`; None or an empty list was not given.

    Raises:
        InputError: a name is no setting, or a value cannot be used; the sentence names the setting.
    """
    fixed = _fields(options)
    merged = _fields(in_file)
    for name in fixed:
        merged.pop(_ALTERNATIVES.get(name, ""), None)
    merged |= fixed
    if merged.get("group_size") is not None and merged.get("group_by") is not None:
        raise InputError("group_size and group_by exclude each other", hint="give one of the two")
    try:
        settings = CampaignSettings(**merged)
    except ValidationError as error:
        raise _input_error(error) from None
    return settings, frozenset(fixed)


def _fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Field → normalised value, for what was given."""
    fields: dict[str, Any] = {}
    for key, value in given.items():
        name = _FIELDS.get(key)
        if name is None:
            raise InputError(f"{key!r} is no setting{_nearest(key)}", hint=_all_names())
        if value is None or value in ([], ()):
            continue
        if name in fields:
            raise InputError(
                f"{key!r} and {_WRITTEN.get(name, name)!r} are the same setting", hint="give one"
            )
        fields[name] = _NORMALISE[name](value) if name in _NORMALISE else value
    return fields


def _texts(value: Any, name: str) -> list[str]:
    values = [value] if isinstance(value, str | int) else list(value)
    if not all(isinstance(item, str | int) for item in values):
        raise InputError(f"{name}: must be a text or a list of texts")
    return [str(item) for item in values]


def _senders(value: Any) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(read_sender(text) for text in _texts(value, "from")))
    except RowError:
        raise InputError(
            "from: a sender is not a US or Canadian number", hint="write it like +1 516 206 5575"
        ) from None


def _media(value: Any) -> tuple[str, ...]:
    try:
        return checked_media(url for text in _texts(value, "media_urls") for url in split_media(text) or [""])
    except RowError as error:
        if error.code == "bad_media_url":
            raise InputError(
                "media must be an http(s) URL", hint="write the whole address, https://…"
            ) from None
        raise InputError(REFUSAL_CODES[error.code][0].format(**error.words)) from None


def _rate(value: Any) -> str:
    text = str(_written(value))
    try:
        parse_rate(text)
    except InputError as error:
        raise InputError(f"rate: {error.message}", hint=error.hint) from None
    return text


def _written(value: Any) -> Any:
    """A TOML number or time as one writes it; anything else is left to the model."""
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_NORMALISE: dict[str, Callable[[Any], Any]] = {
    "senders": _senders,
    "media_urls": _media,
    "rate": _rate,
    "at": _written,
    "expires_after": _written,
    "max_cost": _written,
}


def _nearest(key: str) -> str:
    close = difflib.get_close_matches(key.lower().replace("-", "_"), _FIELDS, n=1)
    return f"; did you mean {_WRITTEN.get(close[0], close[0])!r}?" if close else ""


def _all_names() -> str:
    names = (_WRITTEN.get(name, name) for name in CampaignSettings.model_fields)
    return f"the settings are: {', '.join(names)}"


def _input_error(error: ValidationError) -> InputError:
    first = error.errors(include_input=False, include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "settings"
    sentence = first["msg"][:1].lower() + first["msg"][1:]
    return InputError(f"{_WRITTEN.get(name, name)}: {sentence}", hint="see docs/campaign-files.md")
