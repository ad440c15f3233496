from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from dispatcher.settings import Settings
from dispatcher.web.app import create_app
from tests.dispatcher.web.conftest import KEY, TOKEN
from tests.valkey import ValkeyServer

if TYPE_CHECKING:
    from tests.dispatcher.web.conftest import Published, Serve


def test_a_process_with_its_store_is_alive_and_ready(address: str) -> None:
    assert httpx.get(f"{address}/healthz", trust_env=False).status_code == 200
    assert httpx.get(f"{address}/readyz", trust_env=False).status_code == 200


def test_when_the_store_dies_every_page_says_so_and_callbacks_are_kept(
    server: ValkeyServer, settings: Settings, published: Published, serve: Serve
) -> None:
    changed = settings.model_copy(update={"redis_url": server.url})
    with httpx.Client(
        base_url=serve(create_app(changed, hints=published.hints())), trust_env=False
    ) as client:
        callback = f"/callbacks/carrierx/{KEY}"
        assert client.post(callback, content=b"{}").status_code == 200
        server.kill()
        bearer = {"authorization": f"Bearer {TOKEN}"}
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        assert client.post(callback, content=b"{}").status_code == 200  # spooled
        assert client.get("/api/v1/campaigns", headers=bearer).json()["code"] == "store_unavailable"
        client.cookies.set("mms_session_8080", "x")
        page = client.get("/", headers={"accept": "text/html"})
        assert page.status_code == 503
        assert "The store does not answer" in page.text
        server.start()
        assert client.get("/readyz").status_code == 200
        assert client.post(callback, content=b"{}").status_code == 200
