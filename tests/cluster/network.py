"""Hosts as network namespaces on one bridge, and all that goes wrong between them. Needs root.

It is built inside namespaces of the kit's own (`inside.py`): nothing of this machine's network is touched, two kits do
not see each other, and the kernel takes everything away with the kit's first process, whatever ends it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

NET = "10.77.0"
#: Where the kit itself stands: on the bridge, cut off from nobody.
KIT_ADDRESS = f"{NET}.254"
_SLOW = ("rate", "400kbit", "burst", "4kb", "latency", "600ms")
_NAMED = 'echo "$0" > /proc/sys/kernel/hostname && exec "$@"'


class NetworkError(Exception):
    """The kernel does not do what a host needs."""


class Network:
    """`names` are its hosts. A host's link, and what comes in from others, can be spoilt and mended by itself."""

    def __init__(self, names: tuple[str, ...], folder: Path) -> None:
        self.addresses = {name: f"{NET}.{number}" for number, name in enumerate(names, 1)}
        self._build(folder)

    def on(self, host: str) -> tuple[str, ...]:
        """What goes before a command that shall run on this host, which has its own name."""
        return (*_in(host), "unshare", "--uts", "sh", "-c", _NAMED, host)

    def processes(self, host: str) -> list[int]:
        """All that run on it now."""
        return [int(pid) for pid in _run("ip", "netns", "pids", host).split()]

    def pull(self, host: str) -> None:
        """Its cable is pulled at the switch: nothing comes or goes, and nobody is told."""
        _run("ip", "link", "set", f"to-{host}", "down")

    def plug(self, host: str) -> None:
        """The cable is in again."""
        _run("ip", "link", "set", f"to-{host}", "up")

    def part(self, one: str, other: str, *, both: bool = True) -> None:
        """`one` hears nothing of `other`, and with `both` the other nothing of it."""
        self._drop(one, "-s", self.addresses[other])
        if both:
            self._drop(other, "-s", self.addresses[one])

    def deafen(self, host: str) -> None:
        """It can be heard and hears nothing: a cable of which one pair is broken."""
        self._drop(host, "-i", "eth0")

    def lose(self, host: str, share: float) -> None:
        """So large a share of what is for it is lost."""
        self._drop(host, "-i", "eth0", "-m", "statistic", "--mode", "random", "--probability", f"{share:.3f}")

    def slow(self, host: str) -> None:
        """Its link is slow in both directions: 400 kbit/s, and what waits longer than 600 ms is lost."""
        _run("tc", "qdisc", "replace", "dev", f"to-{host}", "root", "tbf", *_SLOW)
        _run(*_in(host), "tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", *_SLOW)

    def mend(self, host: str) -> None:
        """Everything that was spoilt at this host, also what it does not hear of others, is well again."""
        self.plug(host)
        _run(*_in(host), "iptables", "-w", "-F")
        _run("tc", "qdisc", "del", "dev", f"to-{host}", "root", check=False)
        _run(*_in(host), "tc", "qdisc", "del", "dev", "eth0", "root", check=False)

    def mend_all(self) -> None:
        """All hosts."""
        for host in self.addresses:
            self.mend(host)

    def _drop(self, host: str, *what: str) -> None:
        _run(*_in(host), "iptables", "-w", "-A", "INPUT", *what, "-j", "DROP")

    def _build(self, folder: Path) -> None:
        _run("mount", "-t", "tmpfs", "mms-cluster", "/run/netns")
        _run("ip", "link", "set", "lo", "up")
        _run("ip", "link", "add", "name", "lan", "type", "bridge")
        _run("ip", "address", "add", f"{KIT_ADDRESS}/24", "dev", "lan")
        _run("ip", "link", "set", "lan", "up")
        for name, address in self.addresses.items():
            self._add(name, address)
        known = [f"{address} {name}" for name, address in self.addresses.items()]
        hosts = folder / "hosts"
        hosts.write_text("\n".join(["127.0.0.1 localhost", f"{KIT_ADDRESS} kit", *known, ""]))
        _run("mount", "--bind", str(hosts), "/etc/hosts")

    def _add(self, name: str, address: str) -> None:
        _run("ip", "netns", "add", name)
        link = ("type", "veth", "peer", "name", "eth0", "netns", name)
        _run("ip", "link", "add", "name", f"to-{name}", *link)
        _run("ip", "link", "set", f"to-{name}", "master", "lan", "up")
        _run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _run("ip", "-n", name, "link", "set", device, "up")


def _in(host: str) -> tuple[str, ...]:
    return ("ip", "netns", "exec", host)


def _run(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise NetworkError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
