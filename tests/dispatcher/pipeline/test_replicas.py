"""A primary with a replica: nothing is sent before the claim is on both disks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py

from dispatcher.carrierx.simulator.handle import SimulatorHandle
from dispatcher.errors import StoreUnavailable
from dispatcher.ledger import keys
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.replicas import attached, behind
from dispatcher.pipeline.diagnose import _replicas
from dispatcher.pipeline.send import send_batch
from tests.dispatcher.pipeline.conftest import MakeWorld
from tests.factories import CAMPAIGN, add_campaign, claim, make_batch, make_claim, recount, states, take
from tests.valkey import ValkeyServer, running_valkey


@pytest.fixture
def primary(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A Valkey of this test's own, which sends a new replica its data at once."""
    with running_valkey(tmp_path / "primary", "--repl-diskless-sync-delay", "0") as server:
        yield server


@pytest.fixture
def replica(primary: ValkeyServer, tmp_path: Path) -> Iterator[ValkeyServer]:
    """Its replica, attached and up to date."""
    with running_valkey(tmp_path / "replica", "--replicaof", "127.0.0.1", str(primary.port)) as server:
        client: Any = redis_py.Redis.from_url(primary.url)
        client.set("attached", 1, px=1)
        assert client.execute_command("WAITAOF", 1, 1, 60_000) == [1, 1]
        client.close()
        yield server


@pytest.fixture
def replicated(primary: ValkeyServer, replica: ValkeyServer) -> Iterator[Ledger]:
    """The primary's ledger, in the place of the tests' own."""
    client = redis_py.Redis.from_url(primary.url)
    yield Ledger(client)
    client.close()


def test_a_claim_is_granted_when_the_replica_has_it(replicated: Ledger) -> None:
    add_campaign(replicated)
    taken = take(replicated)
    assert claim(replicated, taken.hold, make_claim(taken), now_ms=replicated.agenda.now_ms()).word == "go"
    assert replicated.redis.exists(keys.REPLICATED)


def test_a_claim_that_the_replica_has_not_is_not_granted_however_often_it_is_asked_again(
    replicated: Ledger, replica: ValkeyServer
) -> None:
    add_campaign(replicated)
    taken = take(replicated)
    asked = make_claim(taken)
    replica.pause()
    for _ in range(2):
        replicated.redis.connection_pool.disconnect()
        with pytest.raises(StoreUnavailable, match="0 of 1 replicas"):
            claim(replicated, taken.hold, asked, now_ms=replicated.agenda.now_ms())
    replica.resume()
    answer = claim(replicated, taken.hold, asked, now_ms=replicated.agenda.now_ms())
    assert (answer.word, answer.attempt) == ("go", 1)
    recount(replicated)


def test_nothing_is_sent_while_the_replica_is_stopped_and_everything_once_afterwards(
    replicated: Ledger, replica: ValkeyServer, make_world: MakeWorld, simulator: SimulatorHandle
) -> None:
    add_campaign(replicated, make_batch(1, 1, 1))
    world = make_world(parts={"ledger": replicated})
    replica.pause()
    sender = threading.Thread(target=send_batch, args=(world, CAMPAIGN, 0))
    sender.start()
    sender.join(timeout=2.5)
    assert sender.is_alive()
    assert simulator.received().messages == []
    replica.resume()
    sender.join(timeout=60)
    while "pending" in states(replicated):
        send_batch(world, CAMPAIGN, 0)
    assert states(replicated) == ["queued"] * 3
    assert len(simulator.received().messages) == 3


def test_without_replicas_a_claim_writes_nothing_more(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    assert claim(ledger, taken.hold, make_claim(taken), now_ms=ledger.agenda.now_ms()).word == "go"
    assert not ledger.redis.exists(keys.REPLICATED)
    assert attached(ledger.redis) == (0, 0)
    assert list(_replicas(ledger)) == []


def test_doctor_names_replicas_and_those_that_do_not_confirm(
    replicated: Ledger, replica: ValkeyServer
) -> None:
    assert attached(replicated.redis) == (1, 1)
    (found,) = _replicas(replicated)
    assert (found.verdict, found.seen.split(";")[0]) == ("ok", "1 attached")
    replica.pause()
    assert behind(replicated.redis) == (1, 1)
    (found,) = _replicas(replicated)
    assert found.verdict == "bad"
