"""The admin token that an installation makes for itself, where several machines have a console."""

from __future__ import annotations

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py

from dispatcher.errors import ConfigError
from dispatcher.ledger.installation.admin_token import (
    AdminToken,
    admin_token_file,
    make_admin_token,
    rotate_admin_token,
)
from dispatcher.ledger.installation.api_tokens import ApiTokens, admin_id
from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import client
from dispatcher.settings import Settings


def machine(folder: Path, **more: Any) -> Settings:
    """The settings of a machine with this data folder."""
    return Settings(data_dir=folder, **more)


def is_taken(redis: redis_py.Redis, token: str) -> bool:
    """Whether a web process anywhere takes it."""
    found = ApiTokens(redis).find(token)
    return found is not None and (found.name, found.role) == ("admin", "admin")


def test_it_is_made_once_and_its_owners_alone(redis: redis_py.Redis, tmp_path: Path) -> None:
    made = make_admin_token(redis, machine(tmp_path))
    assert (made.is_new, len(made.token) >= 32) == (True, True)
    file = admin_token_file(machine(tmp_path))
    assert (file.read_text(), file.stat().st_mode & 0o777) == (f"{made.token}\n", 0o600)
    assert make_admin_token(redis, machine(tmp_path)) == AdminToken(made.token, False, "")
    assert [path.name for path in tmp_path.iterdir()] == ["admin-token"]


def test_another_machine_takes_it_does_not_know_it_and_says_where_it_is(
    redis: redis_py.Redis, tmp_path: Path
) -> None:
    made = make_admin_token(redis, machine(tmp_path / "one"))
    assert make_admin_token(redis, machine(tmp_path / "two")) == AdminToken("", False, socket.gethostname())
    assert not (tmp_path / "two" / "admin-token").exists()
    assert is_taken(redis, made.token)
    assert not is_taken(redis, f"{made.token}x")


def test_machines_that_start_together_make_one(redis: redis_py.Redis, tmp_path: Path) -> None:
    barrier = threading.Barrier(4)
    port = redis.get_connection_kwargs()["port"]

    def start(number: int) -> AdminToken:
        barrier.wait()
        own = client(f"redis://127.0.0.1:{port}/0")
        return make_admin_token(own, machine(tmp_path / str(number)))

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(start, range(4)))
    assert sorted(bool(one.token) for one in found) == [False, False, False, True]
    assert len(ApiTokens(redis).list()) == 1


def test_one_of_an_earlier_version_is_known_to_all_from_now_on(redis: redis_py.Redis, tmp_path: Path) -> None:
    (tmp_path / "admin-token").write_text("an-old-token\n")
    assert make_admin_token(redis, machine(tmp_path)).token == "an-old-token"
    assert is_taken(redis, "an-old-token")
    assert make_admin_token(redis, machine(tmp_path / "two")).token == ""


def test_one_of_the_settings_is_nobodys_but_theirs(redis: redis_py.Redis, tmp_path: Path) -> None:
    config = machine(tmp_path, simulate=True, admin_token="set")
    assert prepare(redis, config, lets_people_in=True).admin_token == "set"
    assert not redis.exists(keys.API_TOKENS)
    assert list(tmp_path.iterdir()) == []


def test_after_a_rotation_both_are_taken_for_a_day(redis: redis_py.Redis, tmp_path: Path) -> None:
    first = make_admin_token(redis, machine(tmp_path / "one")).token
    second = rotate_admin_token(redis, machine(tmp_path / "two")).token
    assert is_taken(redis, first)
    assert is_taken(redis, second)
    assert make_admin_token(redis, machine(tmp_path / "two")).token == second
    facts = json.loads(redis.hget(keys.API_TOKENS, admin_id(first)) or b"")
    facts["until"] = str(float(facts["until"]) - 24 * 3600)
    redis.hset(keys.API_TOKENS, admin_id(first), json.dumps(facts))
    assert not is_taken(redis, first)
    assert not ApiTokens(redis).holds(admin_id(first))
    assert [holder.token_id for holder in ApiTokens(redis).list()] == [admin_id(second)]
    assert redis.hlen(keys.API_TOKENS) == 1
    assert make_admin_token(redis, machine(tmp_path / "one")).token == ""


def test_one_that_leaked_ends_at_once(redis: redis_py.Redis, tmp_path: Path) -> None:
    leaked = make_admin_token(redis, machine(tmp_path)).token
    second = rotate_admin_token(redis, machine(tmp_path), at_once=True).token
    assert not is_taken(redis, leaked)
    assert make_admin_token(redis, machine(tmp_path)).token == second


def test_one_that_was_removed_is_not_taken_again_and_the_next_start_makes_another(
    redis: redis_py.Redis, tmp_path: Path
) -> None:
    removed = make_admin_token(redis, machine(tmp_path)).token
    ApiTokens(redis).remove(admin_id(removed))
    made = make_admin_token(redis, machine(tmp_path))
    assert made.is_new
    assert not is_taken(redis, removed)
    assert is_taken(redis, made.token)


def test_where_it_cannot_be_kept_none_is_made(redis: redis_py.Redis, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be written"):
        make_admin_token(redis, machine(tmp_path / "file"))
    assert not redis.exists(keys.INSTALL, keys.API_TOKENS)


def test_nothing_of_it_shows_in_a_repr(redis: redis_py.Redis, tmp_path: Path) -> None:
    made = make_admin_token(redis, machine(tmp_path))
    assert made.token not in repr(made)
