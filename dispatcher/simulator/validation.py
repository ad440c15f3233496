"""What CarrierX refuses of a POST, as far as it is documented."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

GROUP_MAX_WITH_SENDER = 10
MEDIA_MAX = 10
MMS_TEXT_MAX = 1600
USER_DATA_MAX = 250

_NUMBER = re.compile(r"\+?[0-9]{7,15}")

#: The field, and a sentence.
Complaint = tuple[str, str]


def complaints(body: dict[str, Any], own_numbers: Collection[str] = ()) -> list[Complaint]:
    """Everything that is wrong with a POST's body; empty when it can be taken. See `Faults.own_numbers`."""
    return [*_sender(body, own_numbers), *_recipients(body), *_content(body)]


def is_own(number: str, own_numbers: Collection[str]) -> bool:
    """Whether the number is rented by the account; without a list every number is."""
    return not own_numbers or number.lstrip("+") in own_numbers


def group_of(body: dict[str, Any]) -> tuple[str, ...]:
    """The members of a group message; a `to` beside them is one of them. Empty: it is none."""
    group, to = tuple(body.get("group_recipients") or ()), body.get("to")
    return (to, *group) if group and to is not None and to not in group else group


def error_body(message: str, *found: Complaint) -> dict[str, Any]:
    """CarrierX's error body."""
    errors = [{"field": name, "message": text, "reference_sid": None} for name, text in found]
    return {
        "message": message,
        "errors": errors or [{"field": None, "message": message, "reference_sid": None}],
    }


def _sender(body: dict[str, Any], own_numbers: Collection[str]) -> Iterator[Complaint]:
    sender = body.get("from")
    if not _is_number(sender):
        yield "from", "is required and must be a phone number"
    elif not is_own(str(sender), own_numbers):
        yield "from", "is not a number of this account"


def _recipients(body: dict[str, Any]) -> Iterator[Complaint]:
    to, group = body.get("to"), body.get("group_recipients")
    if group in (None, []):
        if not _is_number(to):
            yield "to", "is required and must be a phone number"
    elif not isinstance(group, list) or not all(_is_number(number) for number in group):
        yield "group_recipients", "must be an array of phone numbers"
    elif to is not None and not _is_number(to):
        yield "to", "must be a phone number"
    elif len({*group_of(body), body.get("from")}) > GROUP_MAX_WITH_SENDER:
        yield "group_recipients", f"has more than {GROUP_MAX_WITH_SENDER} numbers with the sender's"


def _content(body: dict[str, Any]) -> Iterator[Complaint]:
    message, media, user_data = body.get("message"), body.get("media_urls"), body.get("user_data")
    if message is not None and not isinstance(message, str):
        yield "message", "must be a string"
    elif isinstance(message, str) and _is_mms(body) and len(message) > MMS_TEXT_MAX:
        yield "message", f"is longer than {MMS_TEXT_MAX} characters"
    elif not message and not media:
        yield "message", "or media_urls is required"
    if media is not None and not (isinstance(media, list) and all(_is_url(url) for url in media)):
        yield "media_urls", "must be an array of URLs"
    elif media and len(media) > MEDIA_MAX:
        yield "media_urls", f"has more than {MEDIA_MAX} items"
    if user_data is not None and not (isinstance(user_data, str) and len(user_data) <= USER_DATA_MAX):
        yield "user_data", f"must be a string of at most {USER_DATA_MAX} characters"


def _is_mms(body: dict[str, Any]) -> bool:
    return bool(body.get("media_urls") or body.get("group_recipients"))


def _is_number(value: object) -> bool:
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None


def _is_url(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


_LEGACY = {"from_did": "from", "to_did": "to"}
#: Stands in a body that was read, never in one that is written.
SAID_LEGACY = "legacy names"


def read_names(body: dict[str, Any]) -> dict[str, Any]:
    """The body with today's names; whether it had the old ones stands under `SAID_LEGACY`."""
    if not body.keys() & _LEGACY.keys():
        return body
    read = {_LEGACY.get(name, name): value for name, value in body.items() if _LEGACY.get(name) not in body}
    return {**read, SAID_LEGACY: True}


def legacy_names(body: dict[str, Any]) -> dict[str, Any]:
    """The body with the old names."""
    old = {new: name for name, new in _LEGACY.items()}
    return {old.get(name, name): value for name, value in body.items()}
