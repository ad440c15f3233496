"""Running a simulator: in the foreground, in a thread of this process, or in a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress

from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.engine import Engine
from dispatcher.simulator.faults import Faults

Started = Callable[[str], None]


async def serve(engine: Engine, host: str, port: int, started: Started, stop: asyncio.Event) -> None:
    """Answer until `stop` is set; `started` is told the base URL first.

    Raises:
        OSError: the address cannot be listened on.
    """
    server = await engine.listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    started(f"http://{shown}:{server.sockets[0].getsockname()[1]}")
    await stop.wait()
    server.close()
    engine.close()


def serve_until_signal(engine: Engine, host: str, port: int, started: Started) -> None:
    """Answer in the foreground until SIGTERM or SIGINT.

    Raises:
        OSError: the address cannot be listened on.
    """

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(engine, host, port, started, stop)

    asyncio.run(main())


@contextmanager
def running_simulator(
    faults: Faults | None = None,
    callback_url: str | None = None,
    token: str = "test-token",  # noqa: S107 - of a simulator
    port: int = 0,
) -> Iterator[SimulatorHandle]:
    """A simulator in a thread of this process, on 127.0.0.1; stopped at the end of the block."""
    address: Future[str] = Future()
    stopping: Future[Callable[[], object]] = Future()

    async def main() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        stopping.set_result(lambda: loop.call_soon_threadsafe(stop.set))
        engine = Engine(faults or Faults(), token, callback_url)
        await serve(engine, "127.0.0.1", port, address.set_result, stop)

    def run() -> None:
        try:
            asyncio.run(main())
        except OSError as error:
            if address.done():
                raise
            address.set_exception(error)

    thread = threading.Thread(target=run, name="simulator", daemon=True)
    thread.start()
    try:
        yield SimulatorHandle(address.result(timeout=10), token)
    finally:
        with suppress(RuntimeError):  # its loop is closed: it has ended already
            stopping.result(timeout=10)()
        thread.join(timeout=10)


@contextmanager
def simulator_process(
    faults: Faults | None = None,
    callback_url: str | None = None,
    token: str = "test-token",  # noqa: S107 - of a simulator
    port: int = 0,
) -> Iterator[SimulatorHandle]:
    """A simulator in a process of its own, on 127.0.0.1. It ends with the block, and with this process."""
    options = {
        "faults": (faults or Faults()).model_dump(),
        "callback_url": callback_url,
        "token": token,
        "port": port,
    }
    command = [sys.executable, "-m", "dispatcher.simulator"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:  # noqa: S603
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(json.dumps(options).encode() + b"\n")
            child.stdin.flush()
            yield SimulatorHandle(child.stdout.readline().decode().strip(), token)
        finally:
            child.terminate()
            child.stdin.close()
            child.wait(timeout=10)
