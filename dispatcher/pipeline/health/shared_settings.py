"""Settings that have to be the same on all hosts: each worker says digests of its own, and a start compares."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from dispatcher.settings import Settings

#: What decides what is sent, when, at what price, and what follows from it, wherever it is worked on.
SHARED = (
    "broker_url",
    "public_url",
    "account_rate",
    "sender_rate",
    "price_sms",
    "price_mms",
    "price_wait",
    "brake_share",
    "brake_outcomes",
    "brake_failures",
    "group_receipts",
    "group_grace",
    "settle_window",
    "poll_first",
    "poll_rate",
    "unconfirmed_wait",
    "hours_margin",
    "regions",
    "area_codes_extra",
    "frequency_cap",
    "stop_answer",
    "start_allowed",
    "start_answer",
    "help_answer",
    "auto_answer",
    "retention",
    "records",
)
_CHARACTERS = 8


def digests_of(settings: Settings) -> dict[str, str]:
    """Name → some characters that tell two values apart; of an address without its login."""
    return {name: _digest(name, getattr(settings, name)) for name in SHARED}


def set_otherwise(ours: Mapping[str, str], workers: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Worker → variables that it has set otherwise. One of a version that does not say so counts as alike."""
    found = {name: list(_variables(ours, facts.get("settings", {}))) for name, facts in workers.items()}
    return {name: variables for name, variables in sorted(found.items()) if variables}


def _variables(ours: Mapping[str, str], theirs: Mapping[str, str]) -> Iterable[str]:
    return (f"MMS_{name.upper()}" for name in ours if theirs.get(name, ours[name]) != ours[name])


def _digest(name: str, value: object) -> str:
    if name == "broker_url" and value:
        parts = urlsplit(str(value))
        value = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return hashlib.sha256(f"{name}={value}".encode()).hexdigest()[:_CHARACTERS]
