"""The account: partner, numbers (DIDs) and their groups, and the callback URL that is in force.

Unless the faults name the account's numbers, every number is rented here: asking for one by its digits makes it.
"""

from __future__ import annotations

import uuid
from typing import Any

from dispatcher.simulator.store import PARTNER_SID

#: Receiving and sending SMS, voice, receiving and sending MMS.
ALL_CAPABILITIES = 1 + 2 + 4 + 8 + 16
GROUP_SID = "2f1c0f0e-5a0e-4b7e-9d55-6a2b7c1d9e10"


class Account:
    """Three levels of callback URLs; the most particular that is set wins."""

    def __init__(self, callback_url: str | None) -> None:
        self.partner: dict[str, Any] = {
            "partner_sid": PARTNER_SID,
            "name": "Simulated partner",
            "callbacks": {"sms": callback_url, "voice": None},
        }
        self.groups: dict[str, dict[str, Any]] = {
            GROUP_SID: {"did_group_sid": GROUP_SID, "name": "All numbers", "callback_url": None}
        }
        self.dids: dict[str, dict[str, Any]] = {}

    def did(self, number: str) -> dict[str, Any]:
        """The number's DID object."""
        digits = number.lstrip("+")
        sid = str(uuid.uuid5(uuid.NAMESPACE_OID, digits))
        return self.dids.setdefault(
            sid,
            {
                "did_sid": sid,
                "phonenumber": digits,
                "did_group_sid": GROUP_SID,
                "partner_sid": PARTNER_SID,
                "capabilities": ALL_CAPABILITIES,
                "active_capabilities": ALL_CAPABILITIES,
                "callback_url": None,
            },
        )

    def callback_url(self, number: str) -> str | None:
        """The first that is set of: the DID's, its group's, the partner's."""
        did = self.did(number)
        group = self.groups.get(did["did_group_sid"], {})
        url = did["callback_url"] or group.get("callback_url") or self.partner["callbacks"].get("sms")
        return url if isinstance(url, str) else None


def merge(target: dict[str, Any], changes: dict[str, Any]) -> None:
    """PATCH: nested objects are merged, everything else is replaced; ids stay."""
    for name, value in changes.items():
        if name.endswith("_sid") and name != "did_group_sid":
            continue
        if isinstance(value, dict) and isinstance(target.get(name), dict):
            merge(target[name], value)
        else:
            target[name] = value
