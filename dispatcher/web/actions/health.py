"""How the installation is, as `mms doctor` sees it, and where CarrierX calls back for a number."""

from __future__ import annotations

from typing import NamedTuple

from dispatcher.carrierx.account import find_did, levels_of
from dispatcher.errors import ConfigError, NotFound
from dispatcher.logs import mask
from dispatcher.pipeline.health.doctor import diagnose
from dispatcher.pipeline.health.finding import HealthFinding
from dispatcher.pipeline.runtime.runtime import make_client
from dispatcher.roster.numbers import read_number
from dispatcher.settings import Settings
from dispatcher.web.site.site import Site
from tasks.broker_findings import look_at_broker

#: A page does not wait for CarrierX as long as a worker does.
CARRIERX_SECONDS = 4.0
_LEVELS = {"did": "The number", "did_group": "Its group", "partner": "The account"}


class CallbackLevel(NamedTuple):
    """Where CarrierX may call back for one number: the level, the URL without its secret, whether it decides."""

    level: str
    url: str | None
    in_force: bool


def doctor_findings(site: Site) -> list[HealthFinding]:
    """What `mms doctor` sees."""
    said = list(diagnose(_impatient(site.settings)))
    return [*said, *look_at_broker(site.settings, said)]


def callback_levels(settings: Settings, number: str) -> list[CallbackLevel]:
    """The three levels of one of our numbers; the first that is set decides.

    Raises:
        InputError, NotFound: it is no number, or not in the account.
        ApiError: CarrierX gave no answer.
    """
    digits = read_number(number)
    client = make_client(_impatient(settings))
    if client is None:
        raise ConfigError("there is no token for CarrierX", hint="`mms token carrierx` takes one")
    did = find_did(client, digits)
    if did is None:
        raise NotFound("this number is not in the account", hint="is the token of the right account?")
    levels = levels_of(client, did)
    deciding = next((level for level, _, url in levels if url), None)
    return [
        CallbackLevel(_LEVELS[level], mask(url) if url else None, level == deciding)
        for level, _, url in levels
    ]


def _impatient(settings: Settings) -> Settings:
    impatient = {"connect_timeout": CARRIERX_SECONDS, "read_timeout": CARRIERX_SECONDS}
    return settings.model_copy(update=impatient)
