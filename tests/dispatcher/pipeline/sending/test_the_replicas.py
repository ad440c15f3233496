"""A primary with a replica: nothing is sent before the claim is on both disks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis as redis_py

from dispatcher.errors import ClaimsHeld, StoreUnavailable
from dispatcher.ledger.batches.claims import Denied
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import _claim_guard, in_step, keys
from dispatcher.ledger.store.connection import client
from dispatcher.ledger.store.replicas import ALL, behind, run_of
from dispatcher.pipeline.health._store_findings import look_at_replicas
from dispatcher.pipeline.recovery.restore_detection import LedgerMemory, count_tick
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import (
    CAMPAIGN,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    recount,
    states,
    take,
    token_of,
)
from tests.stack import until
from tests.valkey import ValkeyServer, running_valkey

pytestmark = pytest.mark.slow

#: Replicas get their data at once.
QUICK = ("--repl-diskless-sync-delay", "0")


@pytest.fixture
def primary(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A Valkey of this test's own, which sends a new replica its data at once."""
    with running_valkey(tmp_path / "primary", *QUICK) as server:
        yield server


@contextmanager
def replica_of(primary: ValkeyServer, folder: Path, number: int, *options: str) -> Iterator[ValkeyServer]:
    """A replica, the primary's so-and-so-manieth, attached and up to date."""
    of = ("--replicaof", "127.0.0.1", str(primary.port))
    with running_valkey(folder, *QUICK, *of, *options) as server:
        await_replicas(primary, number)
        yield server


def await_replicas(primary: ValkeyServer, number: int) -> None:
    """Wait until so many replicas have everything on their disks."""
    with redis_py.Redis.from_url(primary.url) as client:
        client.set("attached", 1, px=1)
        until(lambda: client.execute_command("WAITAOF", 1, number, 1_000)[1] >= number)


@pytest.fixture
def replica(primary: ValkeyServer, tmp_path: Path) -> Iterator[ValkeyServer]:
    """Its replica, attached and up to date."""
    with replica_of(primary, tmp_path / "replica", 1) as server:
        yield server


@pytest.fixture
def second(primary: ValkeyServer, replica: ValkeyServer, tmp_path: Path) -> Iterator[ValkeyServer]:
    """Another one."""
    with replica_of(primary, tmp_path / "second", 2) as server:
        yield server


@pytest.fixture
def replicated(primary: ValkeyServer, replica: ValkeyServer) -> Iterator[Ledger]:
    """The primary's ledger, in the place of the tests' own."""
    with client(primary.url) as connected:
        yield Ledger(connected)


def test_a_claim_is_granted_when_the_replica_has_it(replicated: Ledger) -> None:
    add_campaign(replicated)
    taken = take(replicated)
    assert claim(replicated, taken.hold, make_claim(taken), now_ms=replicated.agenda.now_ms()).word == "go"
    assert replicated.readiness.replicas()[:3] == (1, 1, 1)


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
    replicated: Ledger, replica: ValkeyServer, make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    add_campaign(replicated, make_batch(1, 1, 1))
    runtime = make_runtime(parts={"ledger": replicated})
    replica.pause()
    sender = threading.Thread(target=send_batch, args=(runtime, CAMPAIGN, 0))
    sender.start()
    sender.join(timeout=2.5)
    assert sender.is_alive()
    assert simulator.received().messages == []
    replica.resume()
    sender.join(timeout=60)
    while "pending" in states(replicated):
        send_batch(runtime, CAMPAIGN, 0)
    assert states(replicated) == ["queued"] * 3
    assert len(simulator.received().messages) == 3


def test_without_replicas_none_is_waited_for(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    assert claim(ledger, taken.hold, make_claim(taken), now_ms=ledger.agenda.now_ms()).word == "go"
    assert not ledger.redis.exists(keys.REPLICAS)
    assert ledger.readiness.replicas()[:3] == (0, 0, 0)
    assert behind(ledger.redis) == (0, 0)
    assert list(look_at_replicas(ledger)) == []


def test_doctor_names_replicas_and_those_that_do_not_confirm_or_are_away(
    replicated: Ledger, replica: ValkeyServer
) -> None:
    assert behind(replicated.redis) == (1, 0)
    found, fence = look_at_replicas(replicated)
    assert (found.verdict, found.seen.split(";")[0]) == ("ok", "1 attached")
    assert (fence.subject, fence.verdict) == ("min-replicas-to-write", "note")
    replicated.redis.config_set("min-replicas-to-write", 1)
    assert [found.verdict for found in look_at_replicas(replicated)] == ["ok"]
    replicated.readiness.expect(2)
    (found,) = look_at_replicas(replicated)
    assert (found.verdict, found.seen[:39]) == ("note", "1 of 2 have every claim on disk, 1 must")
    assert "with one less nothing is sent" in found.seen
    replica.pause()
    assert behind(replicated.redis) == (1, 1)
    found, *_ = look_at_replicas(replicated)
    assert found.verdict == "bad"
    replica.resume()
    replicated.readiness.confirm(ALL)
    (found,) = look_at_replicas(replicated)
    assert (found.verdict, found.seen[:26]) == ("bad", "1 of 2 replicas are there:")
    assert "`mms replicas expect 1`" in found.mend


def ask(ledger: Ledger, message: int = 0) -> str:
    """Ask for a claim of the campaign's first batch; the answer's word, or why none is granted."""
    taken = take(ledger)
    try:
        return claim(
            ledger, taken.hold, make_claim(taken, message, name=message), now_ms=ledger.agenda.now_ms()
        ).word
    except ClaimsHeld as held:
        return held.message


def move(connected: redis_py.Redis, server: ValkeyServer) -> None:
    """The client's address is another server's from now on, as after a failover."""
    connected.connection_pool.connection_kwargs["port"] = server.port
    connected.connection_pool.reset()


def test_a_primary_that_has_lost_its_replica_grants_nothing_until_an_operator_says_so(
    replicated: Ledger, replica: ValkeyServer, primary: ValkeyServer
) -> None:
    add_campaign(replicated)
    assert ask(replicated) == "go"
    replicated.redis.config_set("repl-timeout", 2)
    replica.pause()
    with redis_py.Redis.from_url(primary.url) as watching:
        until(lambda: watching.info("replication")["connected_slaves"] == 0)
        assert watching.hgetall(keys.REPLICAS) == {b"n": b"1"}
        for fresh in (False, True):  # a process that was there before, and one that comes now
            held = ask(Ledger(watching) if fresh else replicated, 1)
            assert held.startswith(("0 of 1 replicas are there", "0 of 1 replicas have the claims"))
    problem = replicated.readiness.problem()
    assert problem is not None
    assert "mms replicas expect 0" in problem.hint
    replicated.readiness.expect(0)
    until(lambda: ask(replicated, 1) == "go", 5)


def test_a_process_that_remembers_replicas_grants_nothing_on_a_primary_that_has_forgotten_them(
    replicated: Ledger, replica: ValkeyServer
) -> None:
    add_campaign(replicated)
    assert ask(replicated) == "go"
    with redis_py.Redis.from_url(replica.url) as promoted:
        promoted.replicaof("NO", "ONE")
    replicated.redis.delete(keys.REPLICAS)
    until(lambda: ask(replicated, 1).startswith("0 of 1 replicas are there"), 5)


@contextmanager
def quick_holds(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.5) -> Iterator[None]:
    """Who is silent is not waited for long."""
    with monkeypatch.context() as patched:
        patched.setattr(in_step, "HOLD_SECONDS", seconds)
        patched.setattr(_claim_guard, "CLAIMERS_MS", int(seconds * 1000))
        yield


def take_over(promoted: ValkeyServer, *others: ValkeyServer) -> None:
    """What a failover does."""
    with redis_py.Redis.from_url(promoted.url) as there:
        there.replicaof("NO", "ONE")
    for other in others:
        with redis_py.Redis.from_url(other.url) as moved:
            moved.replicaof("127.0.0.1", promoted.port)
    await_replicas(promoted, len(others))


def test_with_one_of_two_replicas_cut_off_claims_go_on_when_it_was_waited_for(
    replicated: Ledger, replica: ValkeyServer, second: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_campaign(replicated, make_batch(*[1] * 9))
    assert ask(replicated) == "go"
    second.pause()
    begun = time.monotonic()
    assert ask(replicated, 1).startswith("1 of 2 replicas have the claims on disk")
    until(lambda: ask(replicated, 1) == "go", 12)
    assert time.monotonic() - begun >= in_step.HOLD_SECONDS
    with client(f"redis://127.0.0.1:{port_of(replicated)}/0") as connected:
        assert ask(Ledger(connected), 2) == "go"  # who comes new need not wait
        second.resume()
        until(lambda: replicated.readiness.replicas().in_step[1] == 2 or ask(replicated, 2) != "go", 10)
        replica.pause()
        second.pause()
        with quick_holds(monkeypatch):
            for _ in range(2):
                assert ask(replicated, 3).startswith("0 of")
        replica.resume()
        second.resume()
    until(lambda: ask(replicated, 3) == "go", 10)
    recount(replicated)


def port_of(ledger: Ledger) -> int:
    """Where its server listens."""
    return int(ledger.redis.connection_pool.connection_kwargs["port"])


def test_an_operator_who_wants_all_of_them_gets_all_of_them(
    replicated: Ledger, second: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_campaign(replicated, make_batch(*[1] * 9))
    replicated.readiness.confirm(ALL)
    assert ask(replicated) == "go"
    second.pause()
    with quick_holds(monkeypatch):
        for _ in range(3):
            assert ask(replicated, 1).startswith("1 of 2 replicas have the claims on disk")
    replicated.readiness.confirm(0)
    with quick_holds(monkeypatch):
        until(lambda: ask(replicated, 1) == "go", 10)


def test_after_a_failover_the_new_primary_grants_and_the_old_one_does_not(
    primary: ValkeyServer, replica: ValkeyServer, second: ValkeyServer
) -> None:
    with client(primary.url) as here, client(replica.url) as there:
        cut_off = Ledger(here)
        add_campaign(cut_off, make_batch(*[1] * 9))
        assert ask(cut_off) == "go"
        take_over(replica, second)
        promoted = Ledger(there)
        until(lambda: ask(promoted, 1) == "go", 10)
        assert promoted.readiness.replicas()[:3] == (2, 1, 1)
        for _ in range(2):
            assert ask(cut_off, 1).startswith(("0 of 2 replicas are there", "0 of 2 replicas have"))
        promoted.readiness.expect(0)
        # Who has heard the operator there, and comes back here, knows that this one has not.
        move(there, primary)
        assert ask(promoted, 2).startswith("0 of 2 replicas are there")


def test_who_claimed_on_the_server_before_is_waited_for_and_only_for_a_while(
    primary: ValkeyServer, replica: ValkeyServer, second: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(primary.url) as one, client(primary.url) as two:
        first, other = Ledger(one), Ledger(two)
        add_campaign(first, make_batch(*[1] * 9))
        assert [ask(first), ask(other, 1)] == ["go", "go"]
        take_over(replica, second)
        move(one, replica)
        assert "1 processes that sent through another Redis" in ask(first, 2)
        move(two, replica)
        assert ask(other, 3) == "go"
        until(lambda: ask(first, 2) == "go", 3)
        with client(replica.url) as third:
            assert Ledger(third).readiness.problem() is None  # who comes new is told who is in step
        with redis_py.Redis.from_url(primary.url) as back:
            back.replicaof("127.0.0.1", replica.port)
        await_replicas(replica, 2)
        take_over(second, replica, primary)
        move(one, second)
        assert "1 processes" in ask(first, 4)
        with quick_holds(monkeypatch):  # the other one never comes
            until(lambda: ask(first, 4) == "go", 5)


def test_who_knows_of_no_waiting_and_looks_first_takes_it_from_nobody(
    primary: ValkeyServer, replica: ValkeyServer, second: ValkeyServer
) -> None:
    """A process of the version before this one marks the run as looked at, and signs nothing."""
    with (
        client(primary.url) as one,
        client(primary.url) as two,
        redis_py.Redis.from_url(replica.url) as there,
    ):
        first, other = Ledger(one), Ledger(two)
        add_campaign(first, make_batch(*[1] * 9))
        assert [ask(first), ask(other, 1)] == ["go", "go"]
        take_over(replica, second)
        run, claims = run_of(there.info()), there.hget(keys.TICKS, "claims") or b""
        there.hset(keys.TICKS, mapping={"began_run": run, "began": claims})
        move(one, replica)
        assert "1 processes that sent through another Redis" in ask(first, 2)


def test_claims_that_a_primary_granted_beside_the_new_one_are_missed_there_and_nothing_goes_on(
    primary: ValkeyServer, replica: ValkeyServer, second: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One replica took over where the primary and the other one could not see it: both sides had a majority once."""
    with client(primary.url) as one, client(primary.url) as two, quick_holds(monkeypatch):
        stayed, moved = Ledger(one), Ledger(two)
        add_campaign(stayed, make_batch(*[1] * 9))
        assert [ask(stayed), ask(moved, 1)] == ["go", "go"]
        take_over(second)
        until(lambda: ask(stayed, 2) == "go", 10)
        move(two, second)
        assert ask(moved, 2).startswith("0 of 2 replicas are there")
        take_over(second, replica)
        monkeypatch.setattr(_claim_guard, "CLAIMERS_MS", 60_000)
        until(lambda: "1 processes that sent through another Redis" in ask(moved, 2), 5)
        move(one, second)
        assert ask(stayed, 3) == "this Redis has forgotten claims that it had confirmed"
        assert moved.recovery.restored() is not None
        refused = moved.batches.take(CAMPAIGN, 0, token=token_of("b"), lease_ms=1_000, look_ms=1_000)
        assert refused == Denied("halt", "restored")


def test_a_failover_in_mid_campaign_sends_to_nobody_twice(
    primary: ValkeyServer,
    replica: ValkeyServer,
    second: ValkeyServer,
    make_runtime: MakeRuntime,
    simulator: SimulatorHandle,
) -> None:
    with client(primary.url) as here, client(replica.url) as there:
        old, new = Ledger(here), Ledger(there)
        add_campaign(old, make_batch(*[1] * 20), make_batch(*[1] * 20, first_row=21))
        send_batch(make_runtime(parts={"ledger": old}), CAMPAIGN, 0)
        take_over(replica, second)
        sender = threading.Thread(target=send_batch, args=(make_runtime(parts={"ledger": old}), CAMPAIGN, 1))
        sender.start()
        new.agenda.now_ms()
        count_tick(new, make_runtime().settings)
        until(lambda: send_batch(make_runtime(parts={"ledger": new}), CAMPAIGN, 1) and all_sent(new), 20)
        assert simulator.received().taken == 40
        here.replicaof(
            "127.0.0.1", replica.port
        )  # healed: the old primary is demoted, with a sender at work on it
        sender.join(timeout=60)
        assert not sender.is_alive()
        assert [states(new, number=number) for number in (0, 1)] == [["queued"] * 20] * 2
        assert simulator.received().repeated == []


def all_sent(ledger: Ledger) -> bool:
    """Nothing of the two batches waits."""
    return all("pending" not in states(ledger, number=number) for number in (0, 1))


def test_a_promoted_replica_with_weaker_settings_grants_nothing(
    primary: ValkeyServer, tmp_path: Path
) -> None:
    with (
        replica_of(primary, tmp_path / "weak", 1, "--appendfsync", "everysec") as weak,
        client(primary.url) as connected,
    ):
        ledger = Ledger(connected)
        add_campaign(ledger)
        assert ask(ledger) == "go"
        with redis_py.Redis.from_url(weak.url) as promoted:
            promoted.replicaof("NO", "ONE")
        move(connected, weak)
        assert "appendfsync is 'everysec'" in ask(ledger, 1)


def test_a_setting_that_is_changed_at_run_time_stops_claims_within_a_minute_and_its_mend_lets_them_go_on(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(server.url) as connected:
        ledger = Ledger(connected)
        add_campaign(ledger)
        assert ask(ledger) == "go"
        connected.config_set("appendfsync", "no")
        assert _claim_guard.LOOK_SECONDS <= 60
        monkeypatch.setattr(_claim_guard, "LOOK_SECONDS", 0.0)
        ledger.readiness._scripts.claim_guard._look_again()
        assert "appendfsync is 'no'" in ask(ledger, 1)
        connected.config_set("appendfsync", "always")
        until(lambda: ask(ledger, 1) == "go", 5)


def test_what_came_of_a_message_is_recorded_while_no_claim_is_granted(server: ValkeyServer) -> None:
    with client(server.url) as connected:
        ledger = Ledger(connected)
        add_campaign(ledger)
        taken = take(ledger)
        asked, now_ms = make_claim(taken), ledger.agenda.now_ms()
        assert claim(ledger, taken.hold, asked, now_ms=now_ms).word == "go"
        connected.config_set("appendfsync", "everysec")
        connected.connection_pool.disconnect()
        for _ in range(2):
            with pytest.raises(ClaimsHeld):
                ledger.batches.record_and_claim(
                    taken.hold, [make_record(asked)], [make_claim(taken, 1)], caller_ms=now_ms, fingerprint=""
                )
        assert states(ledger)[::2] == ["queued", "pending"]


def test_an_operator_who_does_without_durable_claims_gets_them(server: ValkeyServer) -> None:
    with client(server.url) as connected:
        connected.config_set("appendfsync", "no")
        ledger = Ledger(connected, unsafe=True)
        add_campaign(ledger)
        assert ask(ledger) == "go"


def test_a_replica_that_joins_a_process_at_work_is_waited_for(primary: ValkeyServer, tmp_path: Path) -> None:
    with client(primary.url) as connected:
        ledger = Ledger(connected)
        add_campaign(ledger, make_batch(*[1] * 9))
        assert ask(ledger) == "go"
        with replica_of(primary, tmp_path / "first", 1) as joined:
            until(lambda: ask(ledger, 1) == "go", 5)
            joined.pause()
            assert ask(ledger, 2).startswith("0 of 1 replicas have the claims on disk")
            joined.resume()
            until(lambda: ask(ledger, 2) == "go", 10)
        ledger.readiness.expect(0)  # it is gone for good, and rebuilt
        until(lambda: ask(ledger, 3) == "go", 10)
        with replica_of(primary, tmp_path / "second", 1) as rebuilt:
            until(lambda: ask(ledger, 4) == "go", 5)
            rebuilt.pause()
            assert ask(ledger, 5).startswith("0 of 1 replicas have the claims on disk")


def test_a_server_that_is_the_primary_again_in_the_same_life_of_it_is_looked_at_as_another(
    primary: ValkeyServer, replica: ValkeyServer
) -> None:
    with client(primary.url) as connected:
        ledger = Ledger(connected)
        add_campaign(ledger, make_batch(*[1] * 9))
        assert ask(ledger) == "go"
        scripts = ledger.readiness._scripts
        before = scripts.source("batches/claim")[1], scripts.claim_guard.run
        take_over(replica, primary)
        take_over(primary, replica)
        connected.connection_pool.disconnect()
        until(lambda: ask(ledger, 1) == "go", 10)
        after = scripts.source("batches/claim")[1], scripts.claim_guard.run
        assert before[0] != after[0]  # so the receivers have to be clear first
        assert before[1] != after[1]


def test_a_tick_goes_on_without_replicas_and_is_not_remembered(
    replicated: Ledger, replica: ValkeyServer, make_runtime: MakeRuntime
) -> None:
    settings = make_runtime().settings
    assert count_tick(replicated, settings) is False
    replicated.readiness.expect(3)
    memory = LedgerMemory(settings.data_dir, replicated.recovery.id())
    before = memory.ticks()
    replicated.redis.connection_pool.disconnect()
    assert count_tick(replicated, settings) is False
    assert memory.ticks() == before
