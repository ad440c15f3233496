"""What stands on a host: its processes as one, a disk that can be filled, a RabbitMQ."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from tests.chaos.processes import Part
from tests.cluster.network import Network
from tests.rabbitmq import LOGIN, RabbitServer

AMQP_PORT = 5672
#: What a disk that can be filled holds.
ROOM = "192m"


class HostPart(Part):
    """All processes of a host: what is killed or stopped is the host, whatever its supervisor has begun."""

    def __init__(
        self,
        network: Network,
        host: str,
        name: str,
        argv: tuple[str, ...],
        environment: Mapping[str, str],
        folder: Path,
        mark: str,
    ) -> None:
        super().__init__(name, argv, environment, folder, mark)
        self._processes: Callable[[], list[int]] = partial(network.processes, host)

    def kill_one(self, choice: float) -> None:
        """SIGKILL to one of its processes but the first, which is their supervisor; `choice` in [0, 1) says which."""
        others = [pid for pid in self._processes() if pid != self.pid]
        if others:
            with suppress(ProcessLookupError):
                os.kill(others[int(choice * len(others))], signal.SIGKILL)

    def _signal_group(self, number: signal.Signals) -> bool:
        found = self._processes()
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        return bool(found)


class RoomyFolder:
    """A folder with a disk of its own, in memory, which can be full."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={ROOM}", "mms-cluster", str(folder)), check=True)
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Nothing more can be written."""
        with self._ballast.open("wb", buffering=0) as ballast, suppress(OSError):
            while True:
                ballast.write(bytes(1 << 16))

    def make_room(self) -> None:
        """It can again."""
        self._ballast.unlink(missing_ok=True)


class Rabbit(RabbitServer):
    """A RabbitMQ on a host: what it listens on there is open to the others."""

    def __init__(self, folder: Path, on_host: tuple[str, ...], address: str) -> None:
        super().__init__(folder, f"listeners.tcp.2 = {address}:{AMQP_PORT}")
        self._on_host = on_host
        self._place = (address, AMQP_PORT)
        self.address_on_the_net = f"amqp://{LOGIN}@{address}:{AMQP_PORT}//"

    def _run(self, *argv: str) -> subprocess.Popen[bytes]:
        return super()._run(*self._on_host, *argv)

    def _is_up(self) -> bool:
        """It answers the protocol's first words, which it does only when all of it is there."""
        with suppress(OSError), socket.create_connection(self._place, timeout=1) as wire:
            wire.sendall(b"AMQP\x00\x00\x09\x01")
            return bool(wire.recv(8))
        return False
