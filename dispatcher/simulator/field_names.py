"""What older accounts and CarrierX's own Python client call the two ends of a message: `from_did` and `to_did`."""

from __future__ import annotations

from typing import Any

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
