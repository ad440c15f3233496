"""An address that names Sentinels instead of a server: `sentinel://` and, with TLS, `sentinels://`.

    sentinel://USER:PASSWORD@HOST:26379,HOST:26379,HOST:26379/0?master_name=mymaster&sentinel_password=PASSWORD

User and password are those of the servers. kombu's way of writing, with `;sentinel://` between hosts, is read too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from dispatcher.ledger.store.address import address, no_address

#: By the address's scheme: what the Sentinels speak, and the servers that they name.
SCHEMES = {"sentinel": "redis", "sentinels": "rediss"}
PORT = 26379
#: What Sentinels call a primary unless it is said.
NAME = "mymaster"
_FURTHER = re.compile(r";(?=sentinels?://)")
_WORDS = ("master_name", "sentinel_username", "sentinel_password")

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class SentinelAddress:
    """Which Sentinels are asked, for which primary, and what the server is told that they name."""

    sentinels: tuple[Place, ...]
    master_name: str
    scheme: str
    #: As they stand in an address: percent-encoded, what comes after the host with its `/` and `?`.
    login: str = field(repr=False)
    sentinel_login: str = field(repr=False)
    database: str
    asked: str = field(repr=False)

    def of_server(self, place: Place) -> str:
        """The address of the server there."""
        return f"{self.scheme}://{self.login}{written(place)}{self.database}?{self.asked}"

    def of_sentinel(self, place: Place) -> str:
        """The address of the Sentinel there; it speaks as a server does."""
        tls = [pair for pair in parse_qsl(self.asked) if pair[0].startswith("ssl_")]
        return f"{self.scheme}://{self.sentinel_login}{written(place)}?{urlencode(tls)}"

    def __str__(self) -> str:
        return ", ".join(map(written, self.sentinels))


def written(place: Place) -> str:
    """HOST:PORT, as it stands in an address."""
    host, port = place
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def names_sentinels(url: str) -> bool:
    """Whether the address names Sentinels."""
    return url.partition("://")[0] in SCHEMES


def sentinel_address(url: str) -> SentinelAddress:
    """What the address says.

    Raises:
        ValueError: it is none of Sentinels.
        ConfigError: it says of TLS what nobody understands.
    """
    schemes, logins, places, paths, queries = zip(*map(_parts, _FURTHER.split(url)), strict=True)
    if len(set(schemes)) != 1:
        raise ValueError("with TLS and without")
    asked = dict(parse_qsl("&".join(filter(None, queries)), keep_blank_values=True))
    name, user, password = (asked.pop(word, "") for word in _WORDS)
    said = SentinelAddress(
        sentinels=tuple(_place(one) for several in places for one in several.split(",")),
        master_name=name or NAME,
        scheme=SCHEMES[schemes[0]],
        login=next(filter(None, logins), ""),
        sentinel_login=f"{quote(user, safe='')}:{quote(password, safe='')}@" if password else "",
        database=next((path for path in paths if path.strip("/")), "/0"),
        asked=urlencode(asked, safe="/"),
    )
    address(said.of_server(said.sentinels[0]))
    return said


def asked_sentinels(url: str, variable: str = "MMS_REDIS_URL") -> SentinelAddress:
    """The same of an address that was set in this variable.

    Raises:
        ConfigError: it is none.
    """
    try:
        return sentinel_address(url)
    except ValueError:
        raise no_address(variable) from None


def _parts(url: str) -> tuple[str, str, str, str, str]:
    """Scheme, login with its `@`, hosts with commas, path, query; the library's own reader takes no second host."""
    scheme, _, rest = url.partition("://")
    if scheme not in SCHEMES:
        raise ValueError("no such scheme")
    hosts = re.split(r"[/?#]", rest, maxsplit=1)[0]
    after = urlsplit(rest[len(hosts) :])
    login, at, hosts = hosts.rpartition("@")
    if "@" in login and "," in login:
        raise ValueError("a login at each host")
    return scheme, login + at, hosts, after.path, after.query


def _place(text: str) -> Place:
    parts = urlsplit(f"//{text.strip()}")
    host = unquote(parts.hostname or "")
    if not host or parts.path or parts.username is not None:
        raise ValueError("no host")
    host.encode("idna")  # else connecting fails with it
    return host, parts.port or PORT
