"""What `mms doctor` says of the way out of this network."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

from dispatcher.errors import ConfigError
from dispatcher.host.egress import way_out
from dispatcher.pipeline.health.finding import Finding
from dispatcher.settings import Settings


def look_at_way(config: Settings) -> list[Finding]:
    """Through which proxy all is asked outside, and whose certificates are trusted besides; nothing for straight."""
    found: list[Finding] = []
    try:
        way = way_out(config)
        way.trust(ssl.create_default_context())
    except ConfigError as error:
        return [Finding("way out", "bad", error.message, error.hint)]
    if way.proxy is not None:
        login = " with a login" if way.proxy.login else ""
        straight = way.proxy_for(urlsplit(config.carrierx_url).hostname or "") is None
        seen = f"through the proxy {way.proxy.host}:{way.proxy.port}{login} ({way.proxy.said_by})"
        found.append(Finding("way out", "ok", seen + ("; CarrierX straight" if straight else "")))
    if way.bundle:
        found.append(Finding("certificates", "ok", f"{way.bundle} besides the usual ({way.bundle_said_by})"))
    return found
