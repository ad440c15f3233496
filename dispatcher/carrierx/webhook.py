"""A callback of CarrierX: a JSON POST like the SMS object, for inbound messages and status changes alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from dispatcher.carrierx.damaged_callbacks import salvage
from dispatcher.carrierx.schema import NotTheObjectError, number_of, read_object, read_status, text_of
from dispatcher.model.receipt import MessageStatus

#: What is read of a status of ours; the rest of the object repeats what we had sent.
_READ = frozenset(
    (
        "message_sid",
        "status",
        "direction",
        "from",
        "from_did",
        "to",
        "to_did",
        "user_data",
        "price",
        "mcc",
        "mnc",
    )
)
_ENCODER = json.JSONEncoder(separators=(",", ":"))
#: An inbound message whose sid cannot be read is known by this and a digest of its body.
UNREAD_SID = "unread-"


class UnreadableCallbackError(ValueError):
    """Nothing of a callback can be read in the body; the caller gets a 400."""


def read_callback(raw: bytes) -> MessageStatus | None:
    """What a callback says; look at `direction` first. None for an object that is not the SMS object.

    A body that is not quite JSON is read as far as it can be. An inbound message needs no more than its sender and its
    text. Nothing is believed here: CarrierX does not sign its callbacks.

    Raises:
        UnreadableCallbackError: nothing of a callback is in it.
    """
    body = _body(raw)
    try:
        status = read_status(body)
    except NotTheObjectError:
        return _as_inbound(raw, body)
    if status.direction or status.status != "received":
        return status
    return _as_inbound(raw, body) or status


def is_readable(raw: bytes) -> bool:
    """Whether there is anything of a callback in the body, or a JSON object of whatever kind."""
    try:
        _body(raw)
    except UnreadableCallbackError:
        return False
    return True


def condensed(raw: bytes) -> bytes | None:
    """What is kept of a body: of a plain status of ours the fields that are read, of everything else all of it.

    `read_callback` says the same of both, but for text, media and dates. None: there is nothing of a callback in it.
    """
    try:
        body = read_object(raw)
    except NotTheObjectError:
        return raw if salvage(raw) is not None else None
    is_status = text_of(body.get("message_sid")) and text_of(body.get("status"))
    if not is_status or body.get("direction") != "outbound":
        return raw
    return _ENCODER.encode({name: body[name] for name in body if name.strip() in _READ}).encode("ascii")


def _body(raw: bytes) -> Mapping[str, Any]:
    try:
        return read_object(raw)
    except NotTheObjectError:
        found = salvage(raw)
    if found is None:
        raise UnreadableCallbackError("nothing of a callback is in the body")
    return found


def _as_inbound(raw: bytes, body: Mapping[str, Any]) -> MessageStatus | None:
    """The message of somebody whose number and text are there, if nothing says that it was ours."""
    fields = {name.strip(): value for name, value in body.items()}
    if fields.keys().isdisjoint({"from", "from_did"}):
        fields = salvage(raw) or fields
    sender = number_of(fields.get("from")) or number_of(fields.get("from_did"))
    word, direction = text_of(fields.get("status")), text_of(fields.get("direction"))
    ours = (direction or "inbound").lower() != "inbound" or (word or "received").lower() != "received"
    if ours or sender is None or not isinstance(fields.get("message"), str):
        return None
    sid = text_of(fields.get("message_sid")) or UNREAD_SID + sha256(raw).hexdigest()[:24]
    return read_status({**fields, "message_sid": sid, "status": "received", "direction": "inbound"})
