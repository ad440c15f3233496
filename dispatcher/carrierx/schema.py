"""CarrierX's JSON, read leniently and written exactly.

Shapes follow CarrierX's guides; where the guides' own samples differ (`from` and `from_did`, keys with a
trailing space, the string `"null"`), every variant is read. `docs/carrierx.md` lists what is relied on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from dispatcher.model.message import Outgoing
from dispatcher.model.receipt import MessageStatus

_NUMBER = re.compile(r"[0-9+().\s-]+", re.ASCII)
#: Digits of a number with its country.
_WHOLE = 11
_NOT_A_DIGIT = re.compile(r"[^0-9]+")
_BETWEEN_NUMBERS = re.compile(r"[,;|]+")
#: Made once: `json.loads` with an option makes one for every body.
_DECODER = json.JSONDecoder(parse_float=str)


class NotTheObjectError(ValueError):
    """The body is not what it should be: not JSON, not an object, or without `message_sid` and `status`."""


def read_json(raw: bytes) -> Any:
    """The JSON value of a body; decimals as strings, so that a price stays as it was written.

    Raises:
        NotTheObjectError: it is not JSON, or nested too deeply to read.
    """
    try:
        return _DECODER.decode(raw.decode(json.detect_encoding(raw), "surrogatepass"))
    except (ValueError, RecursionError):
        raise NotTheObjectError("the body is not JSON") from None


def read_object(raw: bytes) -> dict[str, Any]:
    """The JSON object of a body.

    Raises:
        NotTheObjectError: the body is anything else.
    """
    value = read_json(raw)
    if not isinstance(value, dict):
        raise NotTheObjectError("the body is JSON, but not an object")
    return value


def read_status(body: Mapping[str, Any]) -> MessageStatus:
    """CarrierX's SMS object as a `MessageStatus`; what cannot be read of the rest of it is None.

    Raises:
        NotTheObjectError: there is no `message_sid` or no `status`.
    """
    fields = _trimmed_keys(body)
    sid, status = text_of(fields.get("message_sid")), text_of(fields.get("status"))
    if not sid or not status:
        raise NotTheObjectError("the object has no message_sid or no status")
    return MessageStatus(
        message_sid=sid,
        status=status.lower(),
        direction=(text_of(fields.get("direction")) or "").lower(),
        sender=number_of(_first(fields, "from", "from_did")),
        to=number_of(_first(fields, "to", "to_did")),
        group=_numbers(fields.get("group_recipients")),
        text=_exact(fields.get("message")),
        media=_texts(fields.get("media_urls")),
        user_data=text_of(fields.get("user_data")),
        price=text_of(fields.get("price")),
        mcc=text_of(fields.get("mcc")),
        mnc=text_of(fields.get("mnc")),
        date_created=text_of(fields.get("date_created")),
        date_status_changed=text_of(fields.get("date_status_changed")),
    )


def write_message(outgoing: Outgoing) -> bytes:
    """The body of the POST. `from` is always in it, in groups too; the guide's sample leaves it out."""
    body: dict[str, Any] = {"from": outgoing.sender}
    if outgoing.is_group:
        body["group_recipients"] = outgoing.to
    else:
        body["to"] = outgoing.to[0]
    if outgoing.text is not None:
        body["message"] = outgoing.text
    if outgoing.media:
        body["media_urls"] = outgoing.media
    body["user_data"] = outgoing.user_data
    return json.dumps(body, separators=(",", ":")).encode("ascii")


def text_of(value: object) -> str | None:
    """A string or a whole number as trimmed text; None for null, `"null"`, empty text and anything else."""
    if value is None:
        return None
    if type(value) is str and value.isascii():  # nearly all
        text = value.strip()
        return None if text in ("", "null") else text
    if isinstance(value, bool) or not isinstance(value, str | int) or not _printable(value):
        return None
    text = _storable(str(value)).strip()
    return None if text in ("", "null") else text


def number_of(value: object) -> str | None:
    """A phone number as digits without `+`; ten digits get the country's 1. None for what is not a number."""
    if type(value) is str and len(value) == _WHOLE and value.isascii() and value.isdigit():
        return value
    text = text_of(value)
    digits = _NOT_A_DIGIT.sub("", text) if text and _NUMBER.fullmatch(text) else ""
    if not digits:
        return None
    return f"1{digits}" if len(digits) == 10 else digits


def _printable(value: str | int) -> bool:
    # Python refuses to print integers of more than a few thousand digits.
    return not isinstance(value, int) or value.bit_length() <= 256


def _storable(text: str) -> str:
    # JSON may carry half of a surrogate pair, which no UTF-8 store takes.
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _exact(value: object) -> str | None:
    return None if not isinstance(value, str) or value in ("", "null") else _storable(value)


def _trimmed_keys(body: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, value in body.items():
        name = key.strip() if isinstance(key, str) else ""
        if fields.get(name) is None:
            fields[name] = value
    return fields


def _first(fields: Mapping[str, Any], *names: str) -> object:
    return next((fields[name] for name in names if text_of(fields.get(name))), None)


def _numbers(value: object) -> tuple[str, ...]:
    items = _BETWEEN_NUMBERS.split(value) if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        return ()
    return tuple(number for item in items if (number := number_of(item)))


def _texts(value: object) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        return ()
    return tuple(text for item in items if (text := text_of(item)))
