"""A client whose server is the one that Sentinels name, before a failover and after it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dispatcher.errors import MmsError, StoreUnavailable
from dispatcher.ledger.store import sentinel_pool
from dispatcher.ledger.store.connection import (
    ask_anew,
    client,
    connections_made,
    sentinels_name_another,
    translated,
)
from tests.sentinel import NAME, Watched, until, watched_servers


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """A primary, a replica, three Sentinels."""
    with watched_servers(tmp_path / "watched") as watched:
        yield watched


def hand_over(watched: Watched) -> None:
    """A failover that an operator asks for: both servers live."""
    old = watched.primary()
    with watched.sentinels[0].client() as asked:
        asked.execute_command("SENTINEL", "FAILOVER", NAME)
    watched.await_another(old)


def answered(call: Any) -> bool:
    """Whether a call was answered now."""
    try:
        with translated():
            call()
    except MmsError:
        return False
    return True


@pytest.mark.slow
def test_after_a_failover_the_sentinels_name_another_until_they_are_asked_anew(watched: Watched) -> None:
    with client(watched.url) as connected:
        connected.set("mms:q", "before")
        made = connections_made(connected)
        assert made == 1
        assert not sentinels_name_another(connected)
        hand_over(watched)
        assert sentinels_name_another(connected)
        ask_anew(connected)
        assert connected.get("mms:q") == b"before"
        assert not sentinels_name_another(connected)
        assert connections_made(connected) == made + 1, "another server, and nobody would notice"
        assert connected.info("server")["tcp_port"] == watched.primary().port


@pytest.mark.slow
def test_a_server_that_stands_still_is_waited_for_until_the_sentinels_name_another(watched: Watched) -> None:
    with client(watched.url) as connected:
        connected.set("mms:q", "before")
        stopped = watched.primary()
        stopped.pause()
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable, match="does not answer"), translated():
            connected.get("mms:q")
        assert time.monotonic() - begun < 15, "it was waited for as long as an answer may take"
        until(lambda: answered(lambda: connected.set("mms:q", "after")), 15, "nobody was asked anew")
        assert watched.primary() is not stopped


@pytest.mark.slow
def test_a_slow_server_that_is_still_the_primary_is_given_up_when_an_answer_takes_too_long_and_not_before(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentinel_pool, "LOOK_SECONDS", 0.4)
    with client(watched.url, socket_timeout=1.5) as connected:
        assert connected.blpop(["mms:none"], timeout=1) is None
        assert connections_made(connected) == 1
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable, match="does not answer"), translated():
            connected.blpop(["mms:none"], timeout=60)
        assert 1.4 < time.monotonic() - begun < 10


def test_asking_anew_leaves_the_answer_to_who_waits_for_it(redis: Any, valkey_url: str) -> None:
    heard: list[Any] = []
    with client(valkey_url) as connected:
        waiting = threading.Thread(target=lambda: heard.append(connected.blpop(["mms:list"], timeout=60)))
        waiting.start()
        until(lambda: redis.client_list(_type="normal") and _blocked(redis), 30, "nobody waits")
        made = connections_made(connected)
        ask_anew(connected)
        redis.rpush("mms:list", "heard")
        waiting.join()
        assert heard == [(b"mms:list", b"heard")]
        assert connected.ping()
        assert connections_made(connected) == made + 1
        assert not sentinels_name_another(connected), "there are none"


def _blocked(redis: Any) -> bool:
    return bool(redis.info("clients")["blocked_clients"])
