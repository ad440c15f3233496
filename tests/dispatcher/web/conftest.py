"""What the tests of the web receiver share: a server over real HTTP, and the whole application on an empty ledger."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import redis as redis_py
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.tick import Hints
from dispatcher.settings import Settings
from dispatcher.web.app import create_app
from dispatcher.web.server import Server, server_config
from dispatcher.web.site.departure import Departure
from tests.valkey import free_port

Serve = Callable[[ASGIApp], str]
TOKEN = "the-admin-token-of-the-tests"
KEY = "k3y-of-the-tests"
CSV = "phone,first_name\n12125550101,Ann\n12125550102,Ben\n12125550103,Cat\n"


class Published:
    """Hints as the workers would get them, in the order they were published."""

    def __init__(self) -> None:
        self.expand: queue.Queue[str] = queue.Queue()
        self.ingest: queue.Queue[str] = queue.Queue()

    def hints(self) -> Hints:
        """What the application is given."""
        return Hints(
            send=lambda _, __: None,
            look=lambda _, __: None,
            expand=lambda campaign_id, _: self.expand.put(campaign_id),
            ingest=lambda _, __: self.ingest.put("ingest"),
        )


class ThreadServer(Server):
    """The server of the product, in a thread of the test, which ends as soon as it is told to."""

    look_seconds = 0.01

    leave_seconds = 0.0

    def __init__(self, config: uvicorn.Config, departure: Departure) -> None:
        super().__init__(config, departure)
        self.listening = threading.Event()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Say when it listens."""
        await super().startup()
        self.listening.set()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves an ASGI application over real HTTP on a free port and returns its address."""
    with contextlib.ExitStack() as stack:

        def start(app: ASGIApp) -> str:
            chosen = app.state.site.settings if isinstance(app, FastAPI) else Settings()
            config = server_config(app, chosen)
            config.host, config.port = "127.0.0.1", 0
            config.timeout_graceful_shutdown = 1
            departure = app.state.site.departure if isinstance(app, FastAPI) else Departure()
            server = ThreadServer(config, departure)
            thread = threading.Thread(target=server.run)
            thread.start()
            stack.callback(thread.join)
            stack.callback(setattr, server, "should_exit", True)
            assert server.listening.wait(60)
            port = server.servers[0].sockets[0].getsockname()[1]
            return f"http://127.0.0.1:{port}"

        yield start


@pytest.fixture
def nobody_there() -> str:
    """The address of a Redis that is not there."""
    return f"redis://127.0.0.1:{free_port()}/0"


@pytest.fixture
def settings(valkey_url: str, tmp_path: Path) -> Settings:
    """A simulated installation."""
    return Settings(
        redis_url=valkey_url,
        data_dir=tmp_path / "mms",
        simulate=True,
        admin_token=TOKEN,
        callback_key=KEY,
        max_file_mb=1,
    )


@pytest.fixture
def published() -> Published:
    """What the application told the workers."""
    return Published()


@pytest.fixture
def app(settings: Settings, redis: redis_py.Redis, published: Published) -> FastAPI:
    """The whole application on an empty ledger."""
    return create_app(settings, hints=published.hints())


@pytest.fixture
def address(serve: Serve, app: FastAPI) -> str:
    """Where the application listens."""
    return serve(app)


@pytest.fixture
def browser(address: str) -> Iterator[httpx.Client]:
    """A browser that keeps cookies and does not follow redirects."""
    headers = {"accept": "text/html"}
    with httpx.Client(base_url=address, trust_env=False, verify=False, headers=headers) as client:
        yield client


@pytest.fixture
def operator(browser: httpx.Client) -> httpx.Client:
    """A browser that is logged in."""
    assert browser.post("/login", data={"token": TOKEN}).status_code == 303
    return browser


@pytest.fixture
def api(address: str) -> Iterator[httpx.Client]:
    """A program with the admin token."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=f"{address}/api/v1", trust_env=False, verify=False, headers=headers) as client:
        yield client


@pytest.fixture
def read_file(redis: redis_py.Redis, settings: Settings) -> Callable[[str], str]:
    """Does what the expand worker does: reads a campaign's file into batches."""
    runtime = Runtime(Ledger(redis), settings, prepare(redis, settings))
    return lambda campaign_id: expand(runtime, campaign_id)
