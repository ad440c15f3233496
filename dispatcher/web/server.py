"""The web process: uvicorn around the application, stopped within four seconds whoever is connected.

Who asks `/readyz`, a balancer, is told first that it stops, and everybody is answered for a moment still: so no caller
meets a closed door.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
import time
from types import FrameType

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from dispatcher.settings import Settings
from dispatcher.web._connection import BoundedProtocol, connection_limit, look_after
from dispatcher.web.site.departure import Departure

#: For so long after SIGTERM new connections are still taken, if a balancer has to notice; live pages end at once.
LEAVE_SECONDS = 2.0
#: What is under way then must be answered by then.
GRACE_SECONDS = 1
#: How often it is looked whether to stop. uvicorn's ten times a second are a third of what an idle process costs.
LOOK_SECONDS = 0.5
_TENTHS_A_DAY = 864_000


class Server(uvicorn.Server):
    """uvicorn that leaves before it closes (`departure`)."""

    look_seconds = LOOK_SECONDS
    leave_seconds = LEAVE_SECONDS

    def __init__(self, config: uvicorn.Config, departure: Departure) -> None:
        super().__init__(config)
        self._departure = departure

    async def main_loop(self) -> None:
        """Until the stop is asked for. Each turn connections are looked after; once a second `on_tick`, which counts
        tenths of it, renews the date header."""
        tenths = 0
        while not await self.on_tick(tenths):
            await asyncio.sleep(self.look_seconds)
            look_after(self.server_state.connections, time.monotonic())
            tenths = (tenths + round(10 * self.look_seconds)) % _TENTHS_A_DAY

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that we leave, end the live pages, then the rest."""
        if self._departure.leave():
            until = time.monotonic() + self.leave_seconds
            while time.monotonic() < until and not self.force_exit:
                await asyncio.sleep(0.1)
        self._departure.closing.set()
        await super().shutdown(sockets)


def make_server(app: FastAPI, settings: Settings) -> Server:
    """A server for `app`."""
    BoundedProtocol.most = connection_limit()
    return Server(server_config(app, settings), app.state.site.departure)


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How the server is set up. No access log: its lines would carry the callback key.

    Who calls is who has the connection, also on this machine: anybody may write a header.
    """
    proxies = settings.proxies
    return uvicorn.Config(
        app,
        host=settings.web_host,
        port=settings.web_port,
        loop="asyncio",
        http=BoundedProtocol,
        ws="none",
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=2048,
    )


def run(app: FastAPI, settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; answers the exit status."""
    server = make_server(app, settings)
    signal.signal(signal.SIGTERM, _stop)
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        server.run()
    if not server.started:
        return 1
    _leave_no_thread_behind()
    return 0


def _stop(_: int, __: FrameType | None) -> None:
    """uvicorn raises the signal that ended it once more when it is done; an asked-for end is status 0."""
    raise SystemExit(0)


def _leave_no_thread_behind() -> None:
    """A thread that still stores an upload would hold up the exit; the ledger survives being left half-way."""
    if any(not thread.daemon and thread is not threading.main_thread() for thread in threading.enumerate()):
        logging.shutdown()
        os._exit(0)
