"""One ASGI application: callback receiver, health, API and console."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from redis.asyncio import Redis as AsyncRedis
from redis.backoff import NoBackoff
from redis.retry import Retry
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from dispatcher.ledger.installation.api_tokens import ApiTokens
from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.ledger.installation.idempotency_keys import IdempotencyKeys
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import asyncio_client, connect, redis_url
from dispatcher.pipeline.tick import Hints
from dispatcher.settings import Settings
from dispatcher.web import _error_handlers
from dispatcher.web._housekeeping import swept
from dispatcher.web.api import routers
from dispatcher.web.callbacks.challenge import Challenges
from dispatcher.web.callbacks.durable_inbox import DurableInbox
from dispatcher.web.callbacks.ingest_hint import IngestHint
from dispatcher.web.callbacks.key_look import KeyLook
from dispatcher.web.callbacks.receiver import CallbackReceiver
from dispatcher.web.callbacks.receiver_status import ReceiverStatus
from dispatcher.web.callbacks.stream_writer import CallbackStreamWriter
from dispatcher.web.console.pages import PAGES
from dispatcher.web.http.headers import SecurityHeaders
from dispatcher.web.public import media_files, metrics, probes
from dispatcher.web.site.callback_keys import CallbackKeys
from dispatcher.web.site.departure import Departure
from dispatcher.web.site.ledger_arrival import LedgerArrival
from dispatcher.web.site.sessions import Sessions
from dispatcher.web.site.site import Site
from dispatcher.web.site.staged_uploads import StagedUploads
from dispatcher.web.site.throttle import Throttle

#: A Redis that hangs must not hold up the receiver, nor its start.
_IMPATIENT: dict[str, Any] = {"socket_timeout": 3, "socket_connect_timeout": 1}
STATIC = Path(__file__).parent / "static"
_ROUTERS = (
    probes.router,
    media_files.router,
    metrics.router,
    *routers.ROUTERS,
    *(page.router for page in PAGES),
)

_DESCRIPTION = """Bulk and group MMS over CarrierX: send a campaign file, watch it, take its report.

Every call needs `Authorization: Bearer` with the admin token, or with one of `mms token create`: viewers look,
admins act. Every error is a problem (RFC 9457) with a stable `code`.
"""


class Application(FastAPI):
    """FastAPI behind the callback receiver, which nothing of it may slow down."""

    front: CallbackReceiver
    departure: Departure

    async def behind(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What is no callback."""
        await super().__call__(scope, receive, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Any call."""
        leaving = scope["type"] == "http" and self.departure.leaving.is_set()
        await self.front(scope, receive, self.departure.last_answers(send) if leaving else send)


def create_app(settings: Settings, *, hints: Hints) -> FastAPI:
    """The application for the ledger of these settings. `hints` tell the workers what there is to do.

    While Redis does not answer the receiver spools, and every page says so.

    Raises:
        ConfigError: no Redis is named, or it is another installation's.
    """
    site = _open_site(settings, hints)
    receiver_redis = _receiver_redis(settings)
    key_look = KeyLook(site.callback_keys, site.arrival.callback_keys)
    hint = IngestHint(receiver_redis, lambda: hints.ingest("", 0))
    inbox = _inbox(site, receiver_redis, hint)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with inbox, key_look.kept_up(), swept(settings.data_dir / "uploads"):
            yield
        await hint.close()
        await receiver_redis.aclose()

    app = Application(
        title="MMS dispatcher", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.router.redirect_slashes = False  # such a redirect would lead wherever the request's Host header says
    app.state.site = site
    app.departure = site.departure
    app.state.durable_inbox = inbox
    app.state.pages = PAGES
    for router in _ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    _describe(app)
    _error_handlers.install(app)
    # The last one added stands first.
    app.add_middleware(_error_handlers.ErrorGuard)
    app.add_middleware(SecurityHeaders)
    app.front = CallbackReceiver(
        app.behind,
        keys=site.callback_keys,
        store=inbox.store,
        stored=hint.give,
        bury=inbox.bury,
        answer=Challenges(receiver_redis).answer,
        look_again=key_look.again,
    )
    return app


def _open_site(settings: Settings, hints: Hints) -> Site:
    client = connect(settings)
    tokens = ApiTokens(client)
    configured = settings.callback_key.get_secret_value() if settings.callback_key else None
    callback_keys = CallbackKeys(configured, settings.data_dir / "callback-key")
    arrival = LedgerArrival(connect(settings, **_IMPATIENT), settings, callback_keys)
    arrival.begin()
    ledger = Ledger.of(client, settings)
    return Site(
        settings=settings,
        arrival=arrival,
        callback_keys=callback_keys,
        redis=client,
        ledger=ledger,
        hints=hints,
        sessions=Sessions(client, tokens),
        throttle=Throttle(client),
        staged_uploads=StagedUploads(client, ledger.uploads),
        api_tokens=tokens,
        audit_log=AuditLog(client),
        idempotency_keys=IdempotencyKeys(client),
    )


def _receiver_redis(settings: Settings) -> AsyncRedis:
    """One silent repeat: it mends a connection that Redis closed, and a callback stored twice does no harm."""
    return asyncio_client(redis_url(settings), retry=Retry(NoBackoff(), 1), **_IMPATIENT)


def _inbox(site: Site, redis: AsyncRedis, hint: IngestHint) -> DurableInbox:
    settings = site.settings
    return DurableInbox(
        CallbackStreamWriter(redis, keys.CALLBACKS, unsafe=settings.unsafe_redis),
        partial(ReceiverStatus, redis),
        folder=settings.data_dir / "spool",
        place=f"{socket.gethostname()}-{settings.web_port}",
        max_bytes=settings.spool_mb * 1024 * 1024,
        drained=hint.give,
        keys=site.callback_keys,
        arrived=None if site.arrival.is_there else site.arrival.look,
    )


def _describe(app: FastAPI) -> None:
    @app.get("/api/v1/openapi.json", include_in_schema=False)
    def openapi() -> dict[str, Any]:
        """The API's own description."""
        return page()

    @cache
    def page() -> dict[
        str, Any
    ]:  # a third of a second's work: done for whoever asks first, not at every start
        said = get_openapi(title="MMS dispatcher", version="1", description=_DESCRIPTION, routes=app.routes)
        said["components"]["schemas"].update(routers.schemas())
        return said
