from __future__ import annotations

from dataclasses import replace

from fastapi import FastAPI

from dispatcher.web.actions.media import own_hash

HASH = "a" * 64


def test_a_picture_that_came_in_at_another_web_process_of_a_simulation_is_ours(app: FastAPI) -> None:
    site = app.state.site
    site.ledger.media.store(HASH, "image/png", b"picture")
    assert own_hash(site, f"http://127.0.0.1:{site.settings.web_port}/media/{HASH}") == HASH
    assert own_hash(site, f"http://127.0.0.1:9999/media/{HASH}") == HASH
    assert own_hash(site, f"http://127.0.0.1:9999/media/{'b' * 64}") is None
    assert own_hash(site, f"http://10.0.0.1:9999/media/{HASH}") is None
    public = site.settings.model_copy(update={"public_url": "https://mms.example"})
    known = replace(site, settings=public)
    assert own_hash(known, f"https://mms.example/media/{HASH}") == HASH
    assert own_hash(known, f"http://127.0.0.1:9999/media/{HASH}") is None
