"""The web process is started while Redis is away: the receiver keeps what comes, and only what is ours is believed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from redis import Redis

from dispatcher.errors import ConfigError
from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.settings import Settings
from dispatcher.web.app import create_app
from dispatcher.web.callbacks._spool import Spool
from dispatcher.web.callbacks._spool_file import Spooled
from dispatcher.web.site.callback_keys import KEY_MAX, CallbackKeys, Judgement
from tests.dispatcher.web.conftest import KEY, TOKEN
from tests.stack import until
from tests.valkey import ValkeyServer

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.dispatcher.web.conftest import Published, Serve

HTML = {"accept": "text/html"}


class Site:
    """An installation on a Valkey of its own, whose web process may be started while that is away."""

    def __init__(self, serve: Serve, server: ValkeyServer, settings: Settings, published: Published) -> None:
        self._serve, self._published = serve, published
        self.server = server
        self.settings = settings.model_copy(update={"redis_url": server.url})

    def start(self, **changes: Any) -> httpx.Client:
        """Its web process, called as CarrierX or a browser would."""
        chosen = self.settings.model_copy(update=changes)
        address = self._serve(create_app(chosen, hints=self._published.hints()))
        return httpx.Client(base_url=address, trust_env=False, verify=False)

    def stored(self) -> list[int]:
        """The callbacks in the stream, in its order."""
        with Redis.from_url(self.server.url) as redis:
            found: Any = redis.xrange(keys.CALLBACKS)
        return [json.loads(fields[b"raw"])["n"] for _, fields in found]

    def make_ledger(self) -> str:
        """The ledger as its first start leaves it; answers the key that it made."""
        with Redis.from_url(self.server.url) as redis:
            return prepare(redis, self.settings.model_copy(update={"callback_key": None})).callback_key


@pytest.fixture
def site(serve: Serve, server: ValkeyServer, settings: Settings, published: Published) -> Site:
    return Site(serve, server, settings, published)


def call(client: httpx.Client, number: int, key: str = KEY) -> int:
    return client.post(f"/callbacks/carrierx/{key}", content=json.dumps({"n": number})).status_code


def test_a_receiver_started_without_redis_takes_callbacks_and_brings_them_in_when_it_is_there(
    site: Site,
) -> None:
    site.server.kill()
    with site.start() as client:
        assert [call(client, number) for number in range(20)] == [200] * 20
        assert call(client, 99, "another-key") == 404
        site.server.start()
        until(lambda: len(site.stored()) == 20)
        assert site.stored() == list(range(20))
        until(lambda: "spooled" not in client.get("/readyz").text)
        assert call(client, 20) == 200
        assert site.stored() == list(range(21))


def test_without_redis_the_console_says_so_and_works_as_soon_as_it_is_there(site: Site) -> None:
    site.server.kill()
    with site.start() as client:
        for path in ("/", "/login", "/campaigns/x", "/health"):
            page = client.get(path, headers=HTML, follow_redirects=True)
            assert (page.status_code, page.headers["refresh"]) == (503, "5")
            assert "Redis does not answer" in page.text
        bearer = {"authorization": f"Bearer {TOKEN}"}
        answer = client.get("/api/v1/campaigns", headers=bearer)
        assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
        assert [client.get(path).status_code for path in ("/readyz", "/readyz/console")] == [200, 503]
        site.server.start()
        until(lambda: client.get("/readyz/console").status_code == 200)
        assert client.get("/login", headers=HTML).status_code == 200
        assert client.get("/api/v1/campaigns", headers=bearer).status_code == 200


def test_a_key_that_nobody_here_knows_yet_loses_no_callback_and_makes_no_stranger_believed(
    site: Site,
) -> None:
    made = site.make_ledger()
    site.server.kill()
    with site.start(callback_key=None) as client:
        assert [call(client, 1, made), call(client, 2, "a-stranger"), call(client, 3, made)] == [200] * 3
        assert call(client, 4, "x" * (KEY_MAX + 1)) == 404
        site.server.start()
        until(lambda: "spooled" not in client.get("/readyz").text)
        assert site.stored() == [1, 3]
        assert [call(client, 5, "a-stranger"), call(client, 6, made)] == [404, 200]


def test_strangers_may_fill_a_part_of_the_spool_only_and_not_that_of_the_key_that_is_remembered(
    site: Site, tmp_path: Path
) -> None:
    made = site.make_ledger()
    with site.start(callback_key=None):
        pass
    remembered = site.settings.data_dir / "callback-key"
    assert (remembered.read_text(), remembered.stat().st_mode & 0o777) == (made, 0o600)
    site.server.kill()
    with site.start(callback_key=None, spool_mb=1, data_dir=site.settings.data_dir) as client:
        body = json.dumps({"n": 1, "x": "y" * 60_000})
        path = "/callbacks/carrierx/"
        assert [client.post(f"{path}a-stranger", content=body).status_code for _ in range(6)] == [
            200,
            200,
            200,
            200,
            503,
            503,
        ]
        assert client.post(f"{path}{made}", content=body).status_code == 200
        site.server.start()
        until(lambda: len(site.stored()) == 1)


def test_a_stop_that_came_while_nothing_was_there_is_on_the_list_when_the_ledger_is(site: Site) -> None:
    site.server.kill()
    stop = {"message_sid": "a1", "direction": "inbound", "status": "received", "message": "STOP"}
    with site.start() as client:
        answer = client.post(f"/callbacks/carrierx/{KEY}", json={**stop, "from": "15165550123"})
        assert answer.status_code == 503  # kept, but not said to be on the list
        site.server.start()
        with Redis.from_url(site.server.url) as redis:
            until(lambda: Ledger(redis).optouts.is_out("15165550123"))


def test_nothing_goes_into_a_ledger_that_turns_out_to_be_anothers(site: Site) -> None:
    site.make_ledger()
    site.server.kill()
    with site.start(simulate=False) as client:
        assert call(client, 1) == 200
        site.server.start()
        until(lambda: "this ledger was made" in client.get("/readyz/console").text)
        assert call(client, 2) == 200
        assert client.get("/readyz").text == "ok: callbacks are spooled\n"
        assert site.stored() == []


def test_a_ledger_of_another_mode_is_refused_at_the_start(site: Site) -> None:
    site.make_ledger()
    with pytest.raises(ConfigError, match="this ledger was made simulate"):
        site.start(simulate=False)


def left_behind(folder: Path, name: str, numbers: range, first_ms: int) -> None:
    """The file of a receiver that was killed a while ago: no lock, but what it wrote."""
    spool = Spool(folder, name, 1 << 20)
    spool.append([Spooled(json.dumps({"n": n}).encode(), first_ms + n) for n in numbers])
    spool.close()
    os.utime(folder / f"{spool.name}.spool", (1_000_000_000, 1_000_000_000))


def test_what_receivers_of_other_names_left_goes_in_once_the_oldest_first_and_before_ours(site: Site) -> None:
    folder = site.settings.data_dir / "spool"
    left_behind(folder, "9090-another-host", range(40, 50), 2_000_000)
    left_behind(folder, "7070", range(600), 1_000_000)
    site.server.kill()
    with site.start() as client:
        assert call(client, 1000) == 200
        site.server.start()
        until(lambda: len(site.stored()) == 611)
        assert site.stored() == [*range(600), *range(40, 50), 1000]
        until(lambda: "spooled" not in client.get("/readyz").text)
        assert [path.stat().st_size for path in folder.iterdir()] == [0]


def test_what_a_receiver_leaves_that_dies_while_ours_lives_is_found(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatcher.web.callbacks.durable_inbox.ADOPT_SECONDS", 0.0)
    with site.start() as client:
        assert call(client, 0) == 200
        left_behind(site.settings.data_dir / "spool", "9090", range(1, 5), 1_000_000)
        until(lambda: site.stored() == [0, 1, 2, 3, 4])


def test_a_key_is_judged_by_the_setting_first_then_by_the_ledgers(tmp_path: Path) -> None:
    configured = CallbackKeys("set", tmp_path / "key")
    configured.learn(["set"])
    assert configured.judge(b"other") is Judgement.FOREIGN
    open_yet = CallbackKeys(None, tmp_path / "other")
    assert open_yet.judge(b"any") is Judgement.UNPROVED
    assert not open_yet.proves(b"any")
    open_yet.learn(["made"])
    assert (open_yet.judge(b"made"), open_yet.judge(b"any")) == (Judgement.OURS, Judgement.FOREIGN)
    assert CallbackKeys(None, tmp_path / "other").is_remembered(b"made")


def test_an_earlier_key_counts_beside_that_of_the_setting_and_is_proved_later_without_a_ledger(
    tmp_path: Path,
) -> None:
    keys = CallbackKeys("new", tmp_path / "key")
    keys.learn(["new", "old"])
    assert [keys.judge(key) for key in (b"new", b"old", b"any")] == [
        Judgement.OURS,
        Judgement.OURS,
        Judgement.FOREIGN,
    ]
    started_without = CallbackKeys("newest", tmp_path / "key")
    assert [started_without.judge(key) for key in (b"newest", b"old", b"any")] == [
        Judgement.OURS,
        Judgement.UNPROVED,
        Judgement.FOREIGN,
    ]
    assert not started_without.proves(b"old")
    started_without.learn(["newest", "new"])
    assert [started_without.judge(key) for key in (b"new", b"old")] == [Judgement.OURS, Judgement.FOREIGN]
