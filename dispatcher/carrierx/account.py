"""Our numbers at CarrierX, and the callback URLs on its three levels: DID, DID group, partner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from dispatcher.carrierx.client import LIMIT_MAX, CarrierX
from dispatcher.carrierx.pagination import read_page
from dispatcher.carrierx.schema import NotTheObjectError, number_of, text_of
from dispatcher.errors import NotFound, OutcomeUnknown
from dispatcher.model.recipient import masked

Level = Literal["did", "did_group", "partner"]

#: CarrierX's reference: `active_capabilities` is the sum of what is enabled.
SENDING_SMS, SENDING_MMS = 2, 16

_PATHS: Mapping[Level, str] = {
    "did": "/phonenumber/dids/",
    "did_group": "/phonenumber/did_groups/",
    "partner": "/partners/",
}


@dataclass(frozen=True, slots=True)
class Did:
    """One rented number. `capabilities` is CarrierX's sum of what is enabled, None if it did not say."""

    sid: str
    number: str
    group_sid: str | None
    partner_sid: str | None
    callback_url: str | None
    capabilities: int | None

    def can(self, capability: int) -> bool | None:
        """Whether this is enabled; None if CarrierX did not say."""
        return None if self.capabilities is None else bool(self.capabilities & capability)

    def __repr__(self) -> str:
        return f"Did(sid={self.sid!r}, number={masked(self.number)})"


def find_did(client: CarrierX, number: str) -> Did | None:
    """The rented number with these 11 digits; None if it is not in the account.

    Raises:
        ApiError: CarrierX gave no answer.
    """
    query: dict[str, object] = {"filter": f"phonenumber eq {number}", "limit": LIMIT_MAX}
    body = client.get_object("/phonenumber/dids", query)
    try:
        page = read_page(body or {}, _read_did, offset=0, limit=LIMIT_MAX)
    except NotTheObjectError:
        raise OutcomeUnknown("CarrierX answered without a list of numbers") from None
    # The filter may have been ignored.
    return next((did for did in page.items if did.number == number), None)


def callback_in_force(client: CarrierX, did: Did) -> tuple[Level, str] | None:
    """The level that decides and its URL: the first that is set of DID, DID group, partner."""
    if did.callback_url:
        return "did", did.callback_url
    above: tuple[tuple[Level, str | None], ...] = (("did_group", did.group_sid), ("partner", did.partner_sid))
    for level, sid in above:
        url = callback_url(client, level, sid) if sid else None
        if url:
            return level, url
    return None


def levels_of(client: CarrierX, did: Did) -> list[tuple[Level, str, str | None]]:
    """A number's levels, from the one that decides first: which, its sid, the URL that is set there.

    Raises:
        ApiError: CarrierX gave no answer.
    """
    levels: list[tuple[Level, str, str | None]] = [("did", did.sid, did.callback_url)]
    above: tuple[tuple[Level, str | None], ...] = (("did_group", did.group_sid), ("partner", did.partner_sid))
    levels += [(level, sid, callback_url(client, level, sid)) for level, sid in above if sid]
    return levels


def callback_url(client: CarrierX, level: Level, sid: str) -> str | None:
    """The URL that is set on this object, if any; None also for an object that is not there."""
    return _url_in(level, client.get_object(_path(level, sid)) or {})


def set_callback_url(client: CarrierX, level: Level, sid: str, url: str | None) -> None:
    """Set the URL on this object, or take it away; the partner's other callbacks stay.

    Raises:
        NotFound: there is no such object.
        OutcomeUnknown: CarrierX answered, but the URL is not what was asked for.
    """
    path = _path(level, sid)
    current = client.get_object(path)
    if current is None:
        raise NotFound(f"CarrierX knows no such {level.replace('_', ' ')}")
    change: dict[str, Any] = {"callback_url": url}
    if level == "partner":
        # Whether nested objects are merged or replaced is not documented: write back what was there.
        callbacks = current.get("callbacks")
        change = {"callbacks": {**(callbacks if isinstance(callbacks, dict) else {}), "sms": url}}
    if _url_in(level, client.change_object(path, change)) != url:
        raise OutcomeUnknown("CarrierX took the change, but shows another callback URL")


def _path(level: Level, sid: str) -> str:
    return _PATHS[level] + quote(sid, safe="")


def _url_in(level: Level, body: Mapping[str, Any]) -> str | None:
    if level == "partner":
        callbacks = body.get("callbacks")
        return text_of(callbacks.get("sms")) if isinstance(callbacks, dict) else None
    return text_of(body.get("callback_url"))


def _read_did(body: Mapping[str, Any]) -> Did:
    sid, number = text_of(body.get("did_sid")), number_of(body.get("phonenumber"))
    if not sid or not number:
        raise NotTheObjectError("the object has no did_sid or no phonenumber")
    capabilities = body.get("active_capabilities")
    return Did(
        sid=sid,
        number=number,
        group_sid=text_of(body.get("did_group_sid")),
        partner_sid=text_of(body.get("partner_sid")),
        callback_url=text_of(body.get("callback_url")),
        capabilities=capabilities if type(capabilities) is int else None,
    )
