"""Sentinels and servers that want TLS, names and passwords of their own: whoever asks comes in, before and after."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
import redis as redis_py
from redis.backoff import NoBackoff
from redis.retry import Retry

from dispatcher.errors import MmsError
from dispatcher.ledger.store.connection import asyncio_client, client, translated
from dispatcher.ledger.store.question import Inquiry
from dispatcher.settings import load_settings
from tasks.broker import Broker, broker_url
from tests.sentinel import Watched, until, watched_servers
from tests.tls import AUTHORITY

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("guarded")]

USER, PASSWORD = "a/user", "+p@ss/%wörd:;,"
OF_SENTINELS = "their+p@ss/%word"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Servers with that user, Sentinels with that password, all of them by TLS."""
    folder = tmp_path_factory.mktemp("guarded")
    with watched_servers(folder, tls=True, password=OF_SENTINELS) as watched:
        for server in watched.servers:
            with redis_py.Redis.from_url(server.url) as admin:
                acl: Any = admin.execute_command
                acl("ACL", "SETUSER", USER, "on", f">{PASSWORD}", "~*", "&*", "+@all")
        yield watched


def address(watched: Watched, **words: str) -> str:
    """With all that is asked for; `words` change it."""
    login = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@"
    said = {"sentinel_password": quote(OF_SENTINELS, safe=""), "ssl_ca_certs": str(AUTHORITY), **words}
    return watched.url_with(login, 3, **{name: word for name, word in said.items() if word})


async def _in_a_loop(url: str) -> None:
    async with asyncio_client(url, retry=Retry(NoBackoff(), 0), socket_timeout=5) as connected:
        assert await connected.get("mms:q") == b"here"


def by_client(url: str) -> None:
    """The commands' and the workers' way."""
    with client(url) as connected, translated():
        assert connected.get("mms:q") == b"here"


def by_loop(url: str) -> None:
    """The callback receiver's."""
    with translated():
        asyncio.run(_in_a_loop(url))


def by_question(url: str) -> None:
    """The health check's."""
    with Inquiry(url) as asked:
        assert asked.ask("GET", "mms:q") == b"here"


def by_hints(url: str) -> None:
    """Celery's."""
    with closing(Broker(broker_url(load_settings(broker_url=url)))) as broker:
        assert broker.depths()["send"] == 1


WAYS = (by_client, by_loop, by_question, by_hints)


def comes_in(way: Callable[[str], None], url: str) -> bool:
    """Whether it does now."""
    try:
        way(url)
    except MmsError:
        return False
    return True


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"ssl_ca_certs": ""}, "no Sentinel answers .*SSLCertVerificationError"),
        ({"sentinel_password": "wrong"}, "the Sentinels refuse the password"),
        ({"sentinel_password": ""}, "the Sentinels refuse the password"),
        ({"master_name": "another"}, "no Sentinel knows a primary named 'another'"),
        ({"username": "x", "password": "wrong"}, "password|WRONGPASS|AuthenticationError"),
    ],
)
def test_who_lacks_one_of_them_is_told_which(guarded: Watched, words: dict[str, str], said: str) -> None:
    url = address(guarded, **words)
    if "username" in words:
        url = url.replace(url[len("sentinels://") : url.index("@") + 1], "")
    for way in WAYS:
        with pytest.raises(MmsError, match=said) as met:
            way(url)
        for secret in (
            PASSWORD,
            OF_SENTINELS,
            quote(PASSWORD, safe=""),
            quote(OF_SENTINELS, safe=""),
            "wrong",
        ):
            assert secret not in f"{met.value.message} {met.value.hint}"


def test_a_certificate_for_another_name_is_not_believed(guarded: Watched) -> None:
    url = address(guarded).replace("127.0.0.1", "localhost")
    for way in WAYS:
        with pytest.raises(MmsError, match="SSLCertVerificationError"):
            way(url)


def test_everybody_comes_in_and_again_after_a_failover(guarded: Watched) -> None:
    url = address(guarded)
    with client(url) as connected:
        connected.set("mms:q", "here")
        connected.lpush("send", "{}")
        for way in WAYS:
            way(url)
        old = guarded.primary()
        old.kill()
        guarded.await_another(old)
        for way in WAYS:
            until(lambda way=way: comes_in(way, url), 15, f"{way.__name__} stays out")  # type: ignore[misc]
        assert connected.get("mms:q") == b"here", "not in the same database"
