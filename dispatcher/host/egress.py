"""The way out of this network: a proxy that a company demands, and the certificates of its own that it trusts.

One rule for all that we ask outside (CarrierX, media, our own public address): the setting if it is set, else what the
environment names, else straight. `MMS_HTTPS_PROXY=off` goes straight whatever the environment says. Addresses of this
machine are never asked through a proxy.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from dispatcher.errors import ConfigError
from dispatcher.settings import Settings

_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where a CONNECT goes first, and the header that lets us in; `said_by` names the variable."""

    host: str
    port: int
    said_by: str
    login: str | None = field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What the proxy wants to see."""
        return {"Proxy-Authorization": self.login} if self.login else {}


@dataclass(frozen=True, slots=True)
class Egress:
    """The proxy, the hosts that are asked without it (as in `NO_PROXY`), and certificates trusted besides the usual."""

    proxy: Proxy | None = None
    no_proxy: str = ""
    bundle: str = ""
    bundle_said_by: str = ""

    def proxy_for(self, host: str) -> Proxy | None:
        """The proxy that this host is asked through, None: straight."""
        if self.proxy is None or _is_this_machine(host):
            return None
        return None if proxy_bypass_environment(host, {"no": self.no_proxy}) else self.proxy

    def trust(self, context: ssl.SSLContext) -> None:
        """Let this context trust our certificates too.

        Raises:
            ConfigError: they cannot be read.
        """
        if not self.bundle:
            return
        try:
            folder = os.path.isdir(self.bundle)
            context.load_verify_locations(**{"capath" if folder else "cafile": self.bundle})
        except (OSError, ssl.SSLError):
            raise ConfigError(
                f"{self.bundle_said_by} names no certificates that can be read: {self.bundle}",
                hint="name a file of certificates in PEM form, or a folder made by `openssl rehash`",
            ) from None


DIRECT = Egress()


def egress_of(settings: Settings, environment: Mapping[str, str] | None = None) -> Egress:
    """The way out that settings and environment say.

    Raises:
        ConfigError: the proxy's address cannot be read.
    """
    environment = os.environ if environment is None else environment
    said_by, address = _first(
        environment, "MMS_HTTPS_PROXY", settings.https_proxy, ("HTTPS_PROXY", "ALL_PROXY")
    )
    bundle_said_by, bundle = _first(environment, "MMS_CA_BUNDLE", settings.ca_bundle, _BUNDLES)
    _, no_proxy = _first(environment, "MMS_NO_PROXY", settings.no_proxy, ("NO_PROXY",))
    off = not address or address.lower() == "off"
    return Egress(None if off else _proxy(address, said_by), no_proxy, bundle, bundle_said_by)


def _first(
    environment: Mapping[str, str], setting: str, value: str | None, names: tuple[str, ...]
) -> tuple[str, str]:
    """Which variable says it, and what."""
    if value:
        return setting, value
    for name in names:
        for spelling in (name.lower(), name):
            if environment.get(spelling):
                return spelling, environment[spelling]
    return "", ""


def _proxy(address: str, said_by: str) -> Proxy:
    parts = urlsplit(address if "://" in address else f"http://{address}")
    try:
        port = parts.port or 80
    except ValueError:
        port = 0
    if parts.scheme != "http" or not parts.hostname or not port:
        raise ConfigError(
            f"{said_by} is no address of an HTTP proxy",
            hint="write http://proxy.example:3128, with name:password@ before the host if it wants a login; "
            "MMS_HTTPS_PROXY=off goes without",
        )
    login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    basic = "Basic " + b64encode(login.encode()).decode() if parts.username else None
    return Proxy(parts.hostname, port, said_by, basic)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
