from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import httpx
import pytest
import redis as redis_py

from dispatcher.ledger.ledger import Ledger
from dispatcher.settings import Settings
from dispatcher.web.app import create_app
from tests.dispatcher.web.conftest import KEY, TOKEN
from tests.stack import until
from tests.valkey import ValkeyServer

if TYPE_CHECKING:
    from tests.dispatcher.web.conftest import Published, Serve


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/readyz/console"])
def test_a_process_with_its_store_is_alive_and_ready(address: str, path: str) -> None:
    asked = partial(httpx.get, f"{address}{path}", trust_env=False, verify=False)
    assert asked().status_code == 200
    until(lambda: asked().text == "ok\n", what="a moment in which the ledger is not slow")


def test_both_say_which_queue_does_not_move_and_stay_ready(address: str, ledger: Ledger) -> None:
    now_ms = ledger.agenda.now_ms()
    facts = {"queues": ["ingest"], "said_ms": now_ms, "still_ms": 120_000, "waiting": {"ingest": 400}}
    ledger.agenda.sign_of_life("ingest@here", facts, now_ms)
    for path in ("/readyz", "/readyz/console"):
        answer = httpx.get(f"{address}{path}", trust_env=False, verify=False)
        assert answer.status_code == 200
        assert "queue ingest does not move: 400 hints wait" in answer.text
        assert not answer.text.startswith("ok")


@pytest.mark.slow
def test_when_the_store_dies_every_page_says_so_and_callbacks_are_kept(
    server: ValkeyServer, settings: Settings, published: Published, serve: Serve
) -> None:
    changed = settings.model_copy(update={"redis_url": server.url})
    with httpx.Client(
        base_url=serve(create_app(changed, hints=published.hints())), trust_env=False
    ) as client:
        callback = f"/callbacks/carrierx/{KEY}"
        assert client.post(callback, content=b"{}").status_code == 200
        assert client.post("/login", data={"token": TOKEN}).status_code == 303
        server.kill()
        bearer = {"authorization": f"Bearer {TOKEN}"}
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz/console").status_code == 503
        assert client.post(callback, content=b"{}").status_code == 200  # spooled
        ready = client.get("/readyz")  # or a balancer would take the receiver away
        assert (ready.status_code, ready.text) == (200, "ok: callbacks are spooled\n")
        assert client.get("/api/v1/campaigns", headers=bearer).json()["code"] == "store_unavailable"
        page = client.get("/", headers={"accept": "text/html"})
        assert page.status_code == 503
        assert page.headers["refresh"] == "5"  # it comes back by itself
        assert "The store does not answer" in page.text
        assert client.get("/login", headers={"accept": "text/html"}).status_code == 503
        server.start()
        assert client.get("/readyz/console").status_code == 200
        with redis_py.Redis.from_url(server.url) as admin:
            admin.config_set("min-replicas-to-write", 1)
            time.sleep(1.0)  # who asks oftener is told the same again
            unable = client.get("/readyz/console")
            assert (unable.status_code, "NOREPLICAS" in unable.text) == (503, True)
            assert client.post(callback, content=b"{}").status_code == 200  # spooled
            admin.config_set("min-replicas-to-write", 0)
            time.sleep(1.0)
        assert client.get("/readyz/console").status_code == 200
        assert client.post(callback, content=b"{}").status_code == 200


def test_a_receiver_with_neither_store_nor_room_is_not_ready(
    settings: Settings, nobody_there: str, published: Published, serve: Serve
) -> None:
    full = settings.model_copy(update={"redis_url": nobody_there, "spool_mb": 0})
    address = serve(create_app(full, hints=published.hints()))
    answer = httpx.get(f"{address}/readyz", trust_env=False, verify=False)
    assert (answer.status_code, "full" in answer.text) == (503, True)


@pytest.mark.slow
def test_a_store_that_hangs_does_not_take_the_receiver_away(
    server: ValkeyServer, settings: Settings, published: Published, serve: Serve
) -> None:
    changed = settings.model_copy(update={"redis_url": server.url})
    address = serve(create_app(changed, hints=published.hints()))
    server.pause()
    try:
        assert httpx.get(f"{address}/readyz", trust_env=False, verify=False, timeout=5).status_code == 200
    finally:
        server.resume()
