"""What is made once: stamp, secrets, keys; and whether Redis can keep the promises."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py

from dispatcher.errors import ConfigError, LedgerNewer, StoreUnsafe
from dispatcher.ledger.installation.installation import prepare, prove_durable, read_mode
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import client
from dispatcher.ledger.store.durability import durability_problem
from dispatcher.ledger.store.schema import FIRST, PROGRAM, SCHEMA, Schema, read_schema
from dispatcher.settings import Settings, load_settings
from tests.valkey import ValkeyServer


@pytest.fixture
def configured(tmp_path: Path) -> Any:
    """Makes settings of an installation."""

    def make(**changes: Any) -> Settings:
        return load_settings(**{"simulate": True, "data_dir": tmp_path, **changes})

    return make


def test_what_is_made_once_stays(redis: redis_py.Redis, configured: Any) -> None:
    first, second = (prepare(redis, configured(), lets_people_in=True) for _ in range(2))
    assert (first.callback_key, first.secrets, first.admin_token) == (
        second.callback_key,
        second.secrets,
        second.admin_token,
    )
    assert (first.admin_token_is_new, second.admin_token_is_new) == (True, False)
    assert len(first.callback_key) >= 32


def test_processes_that_start_together_agree(redis: redis_py.Redis, configured: Any) -> None:
    barrier = threading.Barrier(6)

    def start(_: int) -> tuple[str, tuple[bytes, ...]]:
        barrier.wait()
        made = prepare(client(f"redis://127.0.0.1:{port}/0"), configured(admin_token="a"))
        return made.callback_key, made.secrets

    port = redis.get_connection_kwargs()["port"]
    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(start, range(6)))) == 1


@pytest.mark.parametrize(
    "other", [{"simulate": False}, {"simulate": False, "carrierx_url": "https://x.example"}]
)
def test_a_ledger_of_another_kind_is_refused(redis: redis_py.Redis, configured: Any, other: Any) -> None:
    prepare(redis, configured())
    with pytest.raises(ConfigError, match="made simulate"):
        prepare(redis, configured(**other))
    assert read_mode(redis) == "simulate"


def test_a_live_ledger_belongs_to_one_api(redis: redis_py.Redis, configured: Any) -> None:
    prepare(redis, configured(simulate=False))
    with pytest.raises(ConfigError, match=r"x\.example"):
        prepare(redis, configured(simulate=False, carrierx_url="https://x.example"))


def test_a_new_ledger_is_of_this_programs_schema_and_lets_older_programs_in(
    redis: redis_py.Redis, configured: Any
) -> None:
    prepare(redis, configured())
    assert read_schema(redis) == Schema(SCHEMA, FIRST, PROGRAM)


def test_a_ledger_from_before_there_were_schemas_stays_of_the_first_until_its_steps_are_done(
    redis: redis_py.Redis, configured: Any
) -> None:
    redis.hset(keys.STAMP, mapping={"made_at": 1, "mode": "simulate", "api": "simulator"})
    prepare(redis, configured())
    assert read_schema(redis) == Schema(FIRST, FIRST, PROGRAM)


def test_a_ledger_that_lets_in_newer_programs_only_is_refused_and_left_as_it_is(
    redis: redis_py.Redis, configured: Any
) -> None:
    redis.hset(keys.STAMP, mapping={"schema": SCHEMA + 1, "needs": SCHEMA + 1, "mode": "other"})
    before = redis.hgetall(keys.STAMP)
    for refused in (lambda: prepare(redis, configured()), lambda: read_mode(redis)):
        with pytest.raises(LedgerNewer, match="lets in programs of schema"):
            refused()
    assert redis.keys("*") == [keys.STAMP.encode()]
    assert redis.hgetall(keys.STAMP) == before


def test_an_empty_redis_has_no_mode(redis: redis_py.Redis) -> None:
    assert read_mode(redis) is None


def test_a_given_callback_key_is_used(redis: redis_py.Redis, configured: Any) -> None:
    assert prepare(redis, configured(callback_key="given")).callback_key == "given"


def test_a_process_that_lets_nobody_in_makes_no_admin_token(
    redis: redis_py.Redis, configured: Any, tmp_path: Path
) -> None:
    assert prepare(redis, configured()).admin_token == ""
    assert not (tmp_path / "admin-token").exists()


def test_no_secret_shows_in_a_repr(redis: redis_py.Redis, configured: Any) -> None:
    made = prepare(redis, configured(), lets_people_in=True)
    shown = repr(made)
    assert made.admin_token
    assert made.admin_token not in shown
    assert made.callback_key not in shown
    assert made.secrets[0].decode() not in shown


@pytest.fixture
def careless(server: ValkeyServer) -> redis_py.Redis:
    """A Redis whose settings a test may spoil."""
    return client(server.url)


def test_a_redis_set_up_as_ours_is_taken(redis: redis_py.Redis, configured: Any) -> None:
    assert durability_problem(redis) is None
    prove_durable(redis, configured())


@pytest.mark.parametrize(
    ("name", "value"),
    [("appendfsync", "everysec"), ("appendonly", "no"), ("maxmemory-policy", "allkeys-lru")],
)
def test_a_redis_that_may_forget_is_refused_unless_told(
    careless: redis_py.Redis, configured: Any, name: str, value: str
) -> None:
    careless.config_set(name, value)
    with pytest.raises(StoreUnsafe, match=name):
        prove_durable(careless, configured())
    prove_durable(careless, configured(unsafe_redis=True))


def without_config(careless: redis_py.Redis) -> None:
    """Its settings can be read no more."""
    careless.acl_setuser(
        "default",
        enabled=True,
        nopass=True,
        commands=["+@all", "-config"],
        keys=["*"],
        channels=["*"],
    )


@pytest.mark.parametrize(("name", "value"), [("appendonly", "no"), ("maxmemory-policy", "allkeys-lru")])
def test_a_redis_that_does_not_show_its_settings_is_refused_by_what_it_tells_of_itself(
    careless: redis_py.Redis, configured: Any, name: str, value: str
) -> None:
    careless.config_set(name, value)
    without_config(careless)
    with pytest.raises(StoreUnsafe, match=f"CONFIG GET is refused, and {name} is '{value}'"):
        prove_durable(careless, configured())


@pytest.mark.parametrize(("policy", "granted"), [("always", True), ("everysec", True), ("no", False)])
def test_a_redis_that_does_not_show_its_settings_proves_each_claim_by_its_disk(
    careless: redis_py.Redis, configured: Any, policy: str, granted: bool
) -> None:
    careless.config_set("appendfsync", policy)
    without_config(careless)
    prove_durable(careless, configured())
    problem = Ledger(careless).readiness.problem()
    assert (problem is None) == granted
    assert granted or "does not have the claims on its disk" in str(problem)
