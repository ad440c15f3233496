"""The secret and the callback key while machines get another one by one, in any order and at any moment."""

from __future__ import annotations

import json
from typing import Any

import pytest
import redis as redis_py

from dispatcher.ledger.installation import rotating_keys
from dispatcher.ledger.installation.installation import callback_keys, prepare, read_secrets
from dispatcher.ledger.installation.rotating_keys import (
    EARLIER_SECONDS,
    Which,
    keep_key,
    read_key,
    rotate_key,
)
from dispatcher.ledger.store import keys
from dispatcher.settings import Settings

BOTH: list[Which] = ["secret", "callback_key"]


def age(redis: redis_py.Redis, field: str, seconds: float) -> None:
    """The earlier ones became so a while ago."""
    found: Any = redis.hget(keys.INSTALL, field)
    redis.hset(
        keys.INSTALL, field, json.dumps([[value, since - seconds] for value, since in json.loads(found)])
    )


@pytest.mark.parametrize("which", BOTH)
def test_what_nobody_gives_is_made_once(redis: redis_py.Redis, which: Which) -> None:
    assert read_key(redis, which) is None
    made = keep_key(redis, which, None)
    assert len(made.current) >= 32
    assert keep_key(redis, which, None) == read_key(redis, which) == made


@pytest.mark.parametrize("which", BOTH)
def test_machines_with_the_old_setting_and_with_the_new_one_know_both_whoever_starts_when(
    redis: redis_py.Redis, which: Which
) -> None:
    assert keep_key(redis, which, "old").all == ("old",)
    for _ in range(20):
        assert keep_key(redis, which, "new").all == ("new", "old")
        assert keep_key(redis, which, "old").all == ("old", "new")
    found = read_key(redis, which)
    assert found is not None
    assert found.all == ("new", "old")


@pytest.mark.parametrize("which", BOTH)
def test_an_earlier_one_counts_for_a_while_since_somebody_last_started_with_it(
    redis: redis_py.Redis, which: Which
) -> None:
    field = rotating_keys._EARLIER[which]
    for value in ("first", "second", "third"):
        keep_key(redis, which, value)
    age(redis, field, EARLIER_SECONDS - 60)
    assert keep_key(redis, which, "second").all == ("second", "third", "first")
    age(redis, field, 61)
    found = read_key(redis, which)
    assert found is not None
    assert found.all == ("third", "second")
    keep_key(redis, which, "third")
    assert [value for value, _ in json.loads(redis.hget(keys.INSTALL, field) or b"")] == ["second"]


@pytest.mark.parametrize("which", BOTH)
def test_the_last_earlier_one_may_end(redis: redis_py.Redis, which: Which) -> None:
    keep_key(redis, which, "old")
    keep_key(redis, which, "new")
    age(redis, rotating_keys._EARLIER[which], EARLIER_SECONDS + 1)
    assert keep_key(redis, which, "new").all == keep_key(redis, which, None).all == ("new",)


@pytest.mark.parametrize("which", BOTH)
def test_a_rotation_makes_another_and_keeps_the_one_there_was_or_ends_it(
    redis: redis_py.Redis, which: Which
) -> None:
    first = keep_key(redis, which, None).current
    second = rotate_key(redis, which)
    assert second.all == (second.current, first)
    assert second.current != first
    third = rotate_key(redis, which, at_once=True)
    assert third.all == (third.current,)
    assert read_key(redis, which) == third


def test_a_ledger_of_an_earlier_version_is_understood(redis: redis_py.Redis) -> None:
    redis.hset(keys.INSTALL, mapping={"secret": "new", "earlier": json.dumps([["old", 4e9 + 0.25]])})
    assert read_secrets(redis) == (b"new", b"old")
    assert keep_key(redis, "secret", "newest").all == ("newest", "new", "old")


def test_each_machine_uses_its_setting_and_the_others_what_is_in_use(redis: redis_py.Redis) -> None:
    old, new = Settings(secret="old", callback_key="old-key"), Settings(secret="new", callback_key="new-key")
    prepare(redis, old)
    assert prepare(redis, new).secrets == (b"new", b"old")
    again = prepare(redis, old)
    assert (again.secrets, again.callback_key) == ((b"old", b"new"), "old-key")
    assert callback_keys(redis, old) == ("old-key", "new-key")
    assert callback_keys(redis, Settings()) == ("new-key", "old-key")


def test_nothing_of_a_key_shows_in_a_repr(redis: redis_py.Redis) -> None:
    keep_key(redis, "secret", "a-secret")
    assert "a-secret" not in repr(rotate_key(redis, "secret"))
