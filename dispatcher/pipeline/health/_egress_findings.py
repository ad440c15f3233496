"""What `mms doctor` says of the way out of this network."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

from dispatcher.errors import ConfigError
from dispatcher.host.egress import egress_of
from dispatcher.pipeline.health.finding import HealthFinding
from dispatcher.settings import Settings


def look_at_egress(config: Settings) -> list[HealthFinding]:
    """Through which proxy all is asked outside, and whose certificates are trusted besides; nothing for straight."""
    found: list[HealthFinding] = []
    try:
        egress = egress_of(config)
        egress.trust(ssl.create_default_context())
    except ConfigError as error:
        return [HealthFinding("way out", "bad", error.message, error.hint)]
    if egress.proxy is not None:
        login = " with a login" if egress.proxy.login else ""
        straight = egress.proxy_for(urlsplit(config.carrierx_url).hostname or "") is None
        seen = f"through the proxy {egress.proxy.host}:{egress.proxy.port}{login} ({egress.proxy.said_by})"
        found.append(HealthFinding("way out", "ok", seen + ("; CarrierX straight" if straight else "")))
    if egress.bundle:
        found.append(
            HealthFinding(
                "certificates", "ok", f"{egress.bundle} besides the usual ({egress.bundle_said_by})"
            )
        )
    return found
