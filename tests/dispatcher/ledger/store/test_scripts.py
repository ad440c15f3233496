"""Scripts: known or not, one or many, the answer is the same; and what Redis cannot do now is `StoreUnavailable`."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import redis as redis_py

from dispatcher.errors import ConfigError, StoreRefused, StoreUnavailable
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client, translated
from dispatcher.ledger.store.scripts import Scripts
from dispatcher.model.scope import ACCOUNT
from tests.factories import CAMPAIGN, add_campaign, claim, make_claim, make_record, states, take
from tests.lua import SCRIPTS
from tests.valkey import ValkeyServer


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_compiles(redis: redis_py.Redis, name: str) -> None:
    text, digest = Scripts(redis).source(name)
    assert redis.script_load(text) == digest


def test_a_restarted_redis_is_taught_its_scripts_again(ledger: Ledger) -> None:
    add_campaign(ledger)
    ledger.redis.script_flush()
    assert ledger.agenda.hold(ACCOUNT, 1) == 1
    ledger.redis.script_flush()
    taken = take(ledger)
    ledger.redis.script_flush()
    assert claim(ledger, taken.hold, make_claim(taken), now_ms=ledger.agenda.now_ms()).word == "go"


def test_a_redis_that_forgets_its_scripts_again_at_once_is_unavailable(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    load = Scripts._load

    def load_and_restart(scripts: Scripts, name: str) -> bool:
        loaded = load(scripts, name)
        scripts.redis.script_flush()
        return loaded

    monkeypatch.setattr(Scripts, "_load", load_and_restart)
    ledger.redis.script_flush()
    with pytest.raises(StoreUnavailable, match="restarted"):
        claim(ledger, taken.hold, make_claim(taken), now_ms=ledger.agenda.now_ms())


def test_only_scripts_that_were_not_known_run_again(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    asked, following = make_claim(taken), make_claim(taken, 1)
    now_ms = ledger.agenda.now_ms()
    claim(ledger, taken.hold, asked, now_ms=now_ms)
    ledger.redis.script_flush()
    record_only = Scripts(ledger.redis).source("batches/record")[0]
    ledger.redis.script_load(record_only)
    recorded, answers = ledger.batches.record_and_claim(
        taken.hold, [make_record(asked)], [following], caller_ms=now_ms, fingerprint="fp"
    )
    assert (recorded, [answer.word for answer in answers]) == (["ok"], ["go"])
    assert states(ledger) == ["queued", "sending", "pending"]


@pytest.mark.parametrize(
    "error", ["OOM command not allowed", "MISCONF Errors writing", "MASTERDOWN x", "BUSY Redis"]
)
def test_a_redis_that_cannot_work_now_is_unavailable(error: str) -> None:
    parser: Any = importlib.import_module("redis._parsers")._RESP2Parser(65_536)
    with pytest.raises(StoreUnavailable), translated():
        raise parser.parse_error(error)


def test_a_wrong_call_is_refused_for_good_and_repeats_nothing_of_it() -> None:
    with pytest.raises(StoreRefused, match="WRONGTYPE") as caught, translated():
        raise redis_py.ResponseError("WRONGTYPE Operation of 15162065575")
    assert "15162065575" not in str(caught.value) + caught.value.hint


def test_a_refused_password_is_a_matter_of_configuration() -> None:
    with pytest.raises(ConfigError), translated():
        raise redis_py.AuthenticationError("WRONGPASS")


@pytest.fixture
def full(server: ValkeyServer) -> Ledger:
    """A ledger whose Redis has no memory left."""
    ledger = Ledger(client(server.url))
    add_campaign(ledger)
    ledger.redis.config_set("maxmemory", "1mb")
    return ledger


def test_a_full_redis_claims_nothing_and_says_so(full: Ledger) -> None:
    with pytest.raises(StoreUnavailable, match="memory"):
        take(full)
    full.redis.config_set("maxmemory", "0")
    taken = take(full)
    full.redis.config_set("maxmemory", "1mb")
    with pytest.raises(StoreUnavailable, match="memory"):
        claim(full, taken.hold, make_claim(taken), now_ms=full.agenda.now_ms())
    assert states(full, CAMPAIGN) == ["pending"] * 3
