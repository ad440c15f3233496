"""What a server has to allow: told in one sentence when it does not, and docs/redis.md is enough when it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py

from dispatcher.errors import StoreUnsafe
from dispatcher.ledger.installation.installation import prepare, prove_durable
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.ledger.store.durability import version_problem
from dispatcher.ledger.store.permissions import _LEDGER, missing_permissions
from dispatcher.settings import Settings, load_settings
from tests.documents.shown import TOP, section
from tests.factories import add_campaign, claim, make_claim, take
from tests.lua import PRELUDES, SCRIPTS
from tests.valkey import ValkeyServer, running_valkey


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Valkey whose users these tests make."""
    folder = tmp_path_factory.mktemp("rights")
    with running_valkey(folder, "--unixsocket", str(folder / "redis.sock")) as server:
        yield server


def user(server: ValkeyServer, *rules: str) -> redis_py.Redis:
    """A client of a user with these rights."""
    with redis_py.Redis.from_url(server.url) as admin:
        admin.flushall()
        acl: Any = admin.execute_command
        acl("ACL", "SETUSER", "mms", "reset", "on", ">secret", *rules)
    return client(server.url.replace("redis://", "redis://mms:secret@"))


def settings_of(tmp_path: Path, **more: Any) -> Settings:
    """Settings of an installation."""
    return load_settings(simulate=True, data_dir=tmp_path, **more)


ALL = ("~*", "&*", "+@all")


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ((*ALL, "-waitaof", "-role"), "this user may not run ROLE, WAITAOF"),
        ((*ALL, "-evalsha"), "this user may not run EVALSHA"),
        ((*ALL, "-info"), "this user may not run INFO"),
        ((*ALL, "-script|load"), "this user may not run SCRIPT LOAD"),
        ((*ALL, "resetchannels"), "this user may not use channels like /0.celery.pidbox, /0.celeryev/"),
        (("~other:*", "&*", "+@all"), "this user may not use keys like "),
        (("~mms:*", "&*", "+@all"), "keys like _kombu*, control, expand, ingest, look, send"),
    ],
)
def test_each_missing_right_is_told_at_the_start_in_one_sentence(
    own: ValkeyServer, tmp_path: Path, rules: tuple[str, ...], sentence: str
) -> None:
    with user(own, *rules) as connected, pytest.raises(StoreUnsafe, match=re.escape(sentence)) as caught:
        prove_durable(connected, settings_of(tmp_path))
    assert "docs/redis.md" in caught.value.hint
    assert not redis_py.Redis.from_url(own.url).keys("*"), "looking has changed something"


def test_a_command_with_another_name_is_told(tmp_path: Path) -> None:
    with (
        running_valkey(tmp_path / "renamed", "--rename-command", "WAITAOF", "") as server,
        client(server.url) as connected,
        pytest.raises(StoreUnsafe, match="the server does not know WAITAOF"),
    ):
        prove_durable(connected, settings_of(tmp_path))


def test_a_ledger_whose_broker_is_elsewhere_needs_its_own_keys_and_no_channel(
    own: ValkeyServer, tmp_path: Path
) -> None:
    with user(own, "~mms:*", "resetchannels", "+@all") as connected:
        prove_durable(connected, settings_of(tmp_path, broker_url="amqp://elsewhere//"))


@pytest.mark.parametrize("line", range(2))
def test_the_line_that_the_docs_give_is_enough(
    own: ValkeyServer, tmp_path: Path, repository: Path, line: int
) -> None:
    found = re.findall(
        r"^ACL SETUSER mms on >PASSWORD (.*)$", (repository / "docs/redis.md").read_text(), re.M
    )
    with user(own, *found[line].split()) as connected:
        assert missing_permissions(connected, hints=True) is None
        prove_durable(connected, settings_of(tmp_path))
        prepare(connected, settings_of(tmp_path))
        ledger = Ledger(connected)
        add_campaign(ledger)
        taken = take(ledger)
        assert claim(ledger, taken.hold, make_claim(taken), now_ms=ledger.agenda.now_ms()).word == "go"


def test_every_command_of_the_scripts_is_asked_for() -> None:
    texts = [file.read_text("utf-8") for file in (*SCRIPTS.values(), *PRELUDES.values())]
    called = {name.upper() for text in texts for name in re.findall(r"redis\.call\('(\w+)'", text)}
    assert called <= {str(call[0]) for call in _LEDGER}


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"redis_version": "7.0.15"}, "it is Redis 7.0.15"),
        ({"redis_version": "6.2.6"}, "it is Redis 6.2.6"),
        ({"redis_version": "7.2.4", "valkey_version": "7.2.8"}, "it is Valkey 7.2.8"),
        ({}, "it is Redis 0"),
    ],
)
def test_a_server_that_is_too_old_is_named(told: dict[str, str], problem: str) -> None:
    assert str(version_problem(told)).startswith(problem)


@pytest.mark.parametrize(
    "told",
    [
        {"redis_version": "7.2.0"},
        {"redis_version": "8.0.1"},
        {"redis_version": "7.2.4", "valkey_version": "8.0.0"},
        {"redis_version": "7.2.4", "valkey_version": "9.1.0"},
    ],
)
def test_a_server_that_is_new_enough_will_do(told: dict[str, str]) -> None:
    assert version_problem(told) is None


def test_a_socket_file_is_an_address(own: ValkeyServer, tmp_path: Path) -> None:
    with client(f"unix://{own.folder}/redis.sock?db=0") as connected:
        prove_durable(connected, settings_of(tmp_path))


def test_a_password_is_replaced_as_it_is_shown_and_nobody_is_refused_meanwhile(own: ValkeyServer) -> None:
    (given,), (taken,) = (block.lines for block in section(TOP / "docs" / "operations.md", "Rotating keys"))
    before = user(own, *ALL)
    assert before.ping()
    addresses = [own.url.replace("redis://", f"redis://mms:{password}@") for password in ("secret", "fresh")]
    with redis_py.Redis.from_url(own.url) as admin:
        admin.execute_command(*given.replace("NEW", "fresh").split())
        assert [client(address).ping() for address in addresses] == [True, True]
        admin.execute_command(*taken.replace("OLD", "secret").split())
    assert before.ping(), "what is connected goes on"
    assert client(addresses[1]).ping()
    with pytest.raises(redis_py.AuthenticationError):
        client(addresses[0]).ping()
