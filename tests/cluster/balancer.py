"""`python -m tests.cluster.balancer PORT HOST:PORT…`: one address before several doors, connection by connection.

A door that cannot be reached is left out for that connection: the next one is tried.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Sequence
from contextlib import suppress

CONNECT_SECONDS = 1.0
Door = tuple[str, int]
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Balancer:
    """Each connection goes to the next door in turn that takes it."""

    def __init__(self, doors: Sequence[Door]) -> None:
        self._doors = doors
        self._turn = itertools.count()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        behind = await self._reach()
        if behind is not None:
            copies = (_copy(reader, behind[1]), _copy(behind[0], writer))
            await asyncio.wait(map(asyncio.create_task, copies), return_when=asyncio.FIRST_COMPLETED)
            behind[1].close()
        writer.close()

    async def _reach(self) -> Wire | None:
        first = next(self._turn)
        for number in range(len(self._doors)):
            door = self._doors[(first + number) % len(self._doors)]
            with suppress(OSError, TimeoutError):
                return await asyncio.wait_for(asyncio.open_connection(*door), CONNECT_SECONDS)
        return None


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while said := await reader.read(1 << 16):
            writer.write(said)
            await writer.drain()


async def _main(port: int, doors: Sequence[Door]) -> None:
    server = await asyncio.start_server(Balancer(doors).serve, "0.0.0.0", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    places = [tuple(place.split(":")) for place in sys.argv[2:]]
    asyncio.run(_main(int(sys.argv[1]), [(host, int(port)) for host, port in places]))
