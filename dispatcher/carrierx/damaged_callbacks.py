"""What can still be read of a callback that is not quite JSON: a STOP in it is a STOP.

Another encoding, a raw line break in a string, a comma too many, half a body, a form in place of JSON: the fields that
we know are looked for, each by its name, and the rest is passed over. Linear in the length of the body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

#: A body with none of these tells nothing.
_TELLING = frozenset(("message_sid", "status", "from", "from_did", "message", "user_data"))
_KNOWN = _TELLING.union(
    ("direction", "to", "to_did", "group_recipients", "media_urls", "price", "mcc", "mnc"),
    ("type", "date_created", "date_status_changed"),
)
_LENIENT = json.JSONDecoder(strict=False, parse_float=str)
_STRING = r""""(?:[^"\\]|\\.)*(?:"|\\?\Z)|'(?:[^'\\]|\\.)*(?:'|\\?\Z)"""
_FIELD = re.compile(
    rf"""["']?\b([a-z_]{{2,24}})\s*["']?\s*:\s*({_STRING}|\[[^\]]*|[^\s,}}\]"'\[{{]+)""", re.DOTALL
)
_STRINGS = re.compile(_STRING, re.DOTALL)
_PART = re.compile(
    r'\bname="([a-z_]{2,24})"[^\n]*\n(?:[^\r\n]+\r?\n)*\r?\n(.*?)(?=\r?\n--|\Z)', re.DOTALL | re.IGNORECASE
)
_FIELDS_MAX = 200


def salvage(raw: bytes) -> dict[str, Any] | None:
    """The fields of a body that is no JSON object; None: nothing of a callback is in it."""
    text = decoded(raw)
    for found in (_object(text), dict(_pairs(text)), dict(_form(text)), dict(_PART.findall(text))):
        fields = {name.strip(): value for name, value in (found or {}).items() if isinstance(name, str)}
        if _TELLING & fields.keys():
            return fields
    return None


def texts_of(raw: bytes) -> list[str]:
    """Every text that a body gives for `message`: where it says two things, each was said."""
    return [value for name, value in _pairs(decoded(raw)) if name == "message" and isinstance(value, str)]


def decoded(raw: bytes) -> str:
    """A body as text, whatever its encoding is."""
    encoding = json.detect_encoding(raw)
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        if encoding.startswith("utf-8"):
            return raw.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
        return raw.decode(encoding, "replace")


def _object(text: str) -> dict[str, Any] | None:
    start = text.find("{")
    if start < 0 or text[:start].strip("\ufeff \t\r\n["):
        return None
    try:
        value, _ = _LENIENT.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _pairs(text: str) -> Iterator[tuple[str, Any]]:
    for found in _FIELD.finditer(text):
        if found[1] in _KNOWN:
            yield found[1], _value(found[2])


def _value(written: str) -> Any:
    if written[0] == "[":
        return [_unquoted(one) for one in _STRINGS.findall(written)]
    if written[0] in "\"'":
        return _unquoted(written)
    return None if written == "null" else written


def _unquoted(written: str) -> str:
    inner = written[1:].removesuffix(written[0]) if len(written) > 1 else ""
    if "\\" not in inner:
        return inner
    try:
        return str(_LENIENT.decode(f'"{inner.replace(chr(34), "")}"'))
    except ValueError:
        return re.sub(r"\\(?:u[0-9a-fA-F]{0,4}|.|\Z)", " ", inner, flags=re.DOTALL)


def _form(text: str) -> Iterator[tuple[str, str]]:
    if "=" not in text[:2000]:
        return
    try:
        found = parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError:
        return
    for name, value in found:
        if name in _KNOWN:
            yield name, value
        elif value.lstrip().startswith("{"):
            yield from _pairs(value)
