"""One address before several doors."""

from __future__ import annotations

import asyncio
from collections import Counter

from tests.cluster.balancer import Balancer
from tests.valkey import free_port

LOOPBACK = "127.0.0.1"


async def door(name: str) -> asyncio.Server:
    """Answers with its name and what it was sent."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(name.encode() + await reader.read(100))
        writer.close()

    return await asyncio.start_server(serve, LOOPBACK, 0)


async def asked(ports: list[int], times: int) -> Counter[str]:
    """Who answered so many callers."""
    async with await asyncio.start_server(
        Balancer([(LOOPBACK, port) for port in ports]).serve, LOOPBACK, 0
    ) as front:
        answers = []
        for _ in range(times):
            reader, writer = await asyncio.open_connection(*front.sockets[0].getsockname())
            writer.write(b"!")
            answers.append((await reader.read()).decode())
            writer.close()
        return Counter(answers)


def port_of(server: asyncio.Server) -> int:
    """Where it listens."""
    return int(server.sockets[0].getsockname()[1])


def test_callers_go_to_the_doors_in_turn() -> None:
    async def ask() -> Counter[str]:
        async with await door("one") as one, await door("two") as two:
            return await asked([port_of(one), port_of(two)], 4)

    assert asyncio.run(ask()) == {"one!": 2, "two!": 2}


def test_a_door_that_is_gone_is_left_out_and_without_any_the_caller_is_told() -> None:
    async def ask() -> tuple[Counter[str], Counter[str]]:
        async with await door("one") as one:
            return await asked([free_port(), port_of(one)], 4), await asked([free_port()], 1)

    assert asyncio.run(ask()) == ({"one!": 4}, {"": 1})
