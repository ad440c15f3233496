"""Where a host really is, and whether one may go there: names are resolved once, and what they resolve to is judged."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from collections.abc import Iterator
from typing import Any

from dispatcher.media._deadline import Deadline

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
#: What nobody can be reached at, but `is_global` lets through (IANA's registries of special-purpose addresses).
_SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20", "2001::/23", "2001:db8::/32", "2002::/16")
)
#: All of IPv6 that was ever given to anybody; site-local, loopback and whatever comes are outside of it.
_GIVEN_OUT = ipaddress.IPv6Network("2000::/3")
#: IPv6 addresses that translators turn into the IPv4 address in their last four bytes.
_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))


class PrivateAddressError(Exception):
    """The host is, or may be, in a private network."""


class Endpoint:
    """One resolved address: what `socket` needs to connect to it, and nothing that is resolved again."""

    def __init__(self, family: int, sockaddr: tuple[Any, ...]) -> None:
        self.family = family
        self.sockaddr = sockaddr


class AllowList:
    """Private hosts and networks that may be asked all the same: `10.1.0.0/16, files.internal`."""

    def __init__(self, text: str = "") -> None:
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        self._hosts: set[str] = set()
        for entry in filter(None, (part.strip() for part in text.split(","))):
            try:
                self._networks.append(ipaddress.ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                self._hosts.add(entry.lower().rstrip("."))

    def allows(self, host: str, address: IP) -> bool:
        """Whether one may connect to this address of this host."""
        if host.lower().rstrip(".") in self._hosts:
            return True
        for seen in _readings(address):
            if not _is_public(seen) and not any(seen in network for network in self._networks):
                return False
        return True


def resolve(host: str, port: int, allow: AllowList, deadline: Deadline) -> list[Endpoint]:
    """The addresses of a host, resolved now and once.

    Raises:
        PrivateAddressError: one of them is private, loopback, link-local, multicast or reserved and not allowed.
        OSError: there are none, or not in time.
    """
    endpoints = []
    for family, _, _, _, sockaddr in _looked_up(host, port, deadline):
        if not allow.allows(host, ipaddress.ip_address(str(sockaddr[0]).partition("%")[0])):
            raise PrivateAddressError
        endpoints.append(Endpoint(family, sockaddr))
    if not endpoints:
        raise OSError("the name has no address")
    return endpoints


def _looked_up(host: str, port: int, deadline: Deadline) -> list[Any]:
    """getaddrinfo takes no time-out, so it runs where one need not wait for it."""
    answers: queue.SimpleQueue[list[Any] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(OSError(str(error)))

    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    try:
        found = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise TimeoutError("the name was not resolved in time") from None
    if isinstance(found, OSError):
        raise found
    return found


def _is_public(address: IP) -> bool:
    if any(address in network for network in _SPECIAL if network.version == address.version):
        return False
    if address.version == 6 and address not in _GIVEN_OUT:
        return False
    refused = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    return address.is_global and not refused


def _readings(address: IP) -> Iterator[IP]:
    """The address, or the IPv4 addresses that it stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _TRANSLATED) and int(address) > 1:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    found = [one for one in inner if one is not None]
    yield from found
    if not address.ipv4_mapped and not (found and address in _TRANSLATED[0]):
        yield address
