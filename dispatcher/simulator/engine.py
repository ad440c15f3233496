"""The simulator as a whole: its parts, and the way of a request to the one that answers it."""

from __future__ import annotations

import asyncio
import hmac
from base64 import b64decode
from contextlib import suppress

from dispatcher.simulator.account import Account
from dispatcher.simulator.callback_sender import CallbackSender
from dispatcher.simulator.control_api import PREFIX, control
from dispatcher.simulator.create_message import MessageCreation
from dispatcher.simulator.faults import Faults
from dispatcher.simulator.http_server import Connection, Reply, Request
from dispatcher.simulator.message_lifecycle import Walker
from dispatcher.simulator.queries import Queries
from dispatcher.simulator.store import Store
from dispatcher.simulator.validation import error_body


class Engine:
    """One simulated CarrierX, living on one event loop."""

    def __init__(self, faults: Faults, token: str, callback_url: str | None) -> None:
        self.faults = faults
        self.store = Store()
        self.account = Account(callback_url)
        self.callbacks = CallbackSender()
        self.walker = Walker(self.store, self.account, self.callbacks)
        self._creation = MessageCreation(self.store, self.walker)
        self._queries = Queries(self.store, self.account)
        self._token = token
        self._open: set[Connection] = set()

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Start to answer on the address; port 0 takes a free one.

        Raises:
            OSError: the address cannot be listened on.
        """
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Connection(self.handle, self._open), host, port, backlog=2048)

    def handle(self, request: Request, connection: Connection) -> None:
        """Answer one request."""
        if not self._authorized(request):
            self.store.answers["401"] += 1
            connection.reply(Reply(401, error_body("The token is not valid")))
        elif request.path.startswith(PREFIX):
            control(self, request, connection)
        elif self.faults.unauthorized:
            self.store.answers["401"] += 1
            connection.reply(Reply(401, error_body("The token is not valid")))
        elif request.method == "POST" and request.path == "/sms/messages":
            self._creation.post(request, connection, self.faults)
        else:
            self._answer_later(self._queries.answer(request, self.faults), connection)

    def close(self) -> None:
        """Drop all connections; callbacks that are not out yet are lost, as they would be."""
        self.callbacks.close()
        for connection in list(self._open):
            connection.close()

    def _authorized(self, request: Request) -> bool:
        """By the bearer token, or by a login of any name whose password it is."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            with suppress(ValueError):
                _, _, password = b64decode(given, validate=True).partition(b":")
                return hmac.compare_digest(password, self._token.encode())
        return kind.lower() == "bearer" and hmac.compare_digest(given.encode(), self._token.encode())

    def _answer_later(self, reply: Reply, connection: Connection) -> None:
        wait = self.faults.latency_ms / 1000
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, connection.reply, reply)
        else:
            connection.reply(reply)
