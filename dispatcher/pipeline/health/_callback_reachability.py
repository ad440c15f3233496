"""Whether CarrierX's callbacks find us: asked at MMS_PUBLIC_URL, and read from a callback URL that is in force."""

from __future__ import annotations

from typing import NamedTuple

from dispatcher.carrierx.callback_probe import PATH, probe_receiver
from dispatcher.host.egress import egress_of
from dispatcher.ledger.installation.callback_challenges import put_challenge
from dispatcher.ledger.installation.installation import callback_keys
from dispatcher.ledger.ledger import Ledger
from dispatcher.settings import Settings

_PASS_ON = (
    f"let the proxy or tunnel behind MMS_PUBLIC_URL pass everything under {PATH} on to the web process of this "
    "installation (MMS_WEB_PORT), without a redirect or a login"
)
_REACH = (
    "is MMS_PUBLIC_URL spelled right, does its name resolve, is its certificate good, does the web process run? "
    "Some networks do not let one reach one's own public address: then ask from outside"
)
_SET_OURS = "`mms callbacks set --did NUMBER`, `--did-group SID` or `--partner SID` sets this installation's"


class Reachability(NamedTuple):
    """Whether it is well, what was seen, and what to do about it."""

    well: bool
    seen: str
    mend: str = ""


def public_receiver(ledger: Ledger, config: Settings) -> Reachability:
    """Whether MMS_PUBLIC_URL, which is set, leads to a callback receiver of this ledger.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    url = config.public_url or ""
    challenge = put_challenge(ledger.redis)
    timeouts = (config.connect_timeout, config.read_timeout)
    said = probe_receiver(url, challenge.text, timeouts=timeouts, egress=egress_of(config))
    if said.text == challenge.answer:
        return Reachability(True, f"{url} leads to our callback receiver, asked from here")
    trouble = said.trouble or "something else answers there, or another installation of ours"
    mend = _PASS_ON if said.reached else _REACH
    return Reachability(False, f"{url} does not lead to our callback receiver: {trouble}", mend)


def callback_in_force(ledger: Ledger | None, config: Settings, url: str) -> Reachability:
    """Whether a callback URL that CarrierX holds is ours, with the key that our receiver takes."""
    base, found, key = url.partition(PATH)
    known = callback_keys(ledger.redis, config) if ledger is not None else ()
    if not found or (config.public_url is not None and base != config.public_url):
        return Reachability(False, "not ours", _SET_OURS)
    if key in known[1:]:
        return Reachability(
            False, "ours, with an earlier key, which our receivers take for a while yet", _SET_OURS
        )
    if known and key != known[0]:
        return Reachability(False, "our address, but with a key that our receiver does not take", _SET_OURS)
    return Reachability(True, "ours")
