"""What a server has forgotten of claims that it had confirmed: cut off its append-only file, by whomever."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import redis as redis_py

from dispatcher.errors import ClaimsHeld, StoreUnavailable
from dispatcher.ledger.batches.claims import TakenBatch
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store._claim_memory import ClaimMemory, Counted
from dispatcher.ledger.store.connection import client
from tests.factories import add_campaign, claim, make_batch, make_claim, make_record, record, take
from tests.valkey import ValkeyServer

KILLS = 8


def cut(server: ValkeyServer, bytes_: int) -> None:
    """Cut so much off the end of its append-only file, as a disk does that lies about its syncs."""
    file = next((server.folder / "appendonlydir").glob("*.incr.aof"))
    with file.open("rb+") as out:
        out.truncate(file.stat().st_size - bytes_)


def claimed(ledger: Ledger, taken: TakenBatch, message: int) -> str:
    """Claim a message of a batch; the answer's word."""
    return claim(ledger, taken.hold, make_claim(taken, message), now_ms=ledger.agenda.now_ms()).word


def reopened(server: ValkeyServer, folder: Path) -> Ledger:
    """The ledger as a process sees it that begins now."""
    return Ledger(client(server.url), data_dir=folder)


@pytest.mark.parametrize("bytes_", [1, 40, 150])
@pytest.mark.parametrize("who", ["the process that claimed", "one that comes after it"])
def test_a_claim_that_is_cut_off_the_file_is_missed_and_nothing_is_claimed(
    server: ValkeyServer, tmp_path: Path, who: str, bytes_: int
) -> None:
    ledger = reopened(server, tmp_path)
    add_campaign(ledger)
    taken = take(ledger)
    assert [claimed(ledger, taken, message) for message in (0, 1)] == ["go", "go"]
    server.kill()
    cut(server, bytes_)
    server.start()
    if who == "one that comes after it":
        ledger = reopened(server, tmp_path)
    problem = ledger.readiness.problem()
    assert isinstance(problem, ClaimsHeld)
    assert "mms recover" in problem.hint
    restored = ledger.recovery.restored()
    assert restored is not None
    assert restored.why == "cut"


def test_a_cut_is_missed_though_others_who_know_of_nothing_have_claimed_more_since(
    server: ValkeyServer, tmp_path: Path
) -> None:
    ledger = reopened(server, tmp_path / "one")
    add_campaign(ledger, make_batch(*[1] * 9))
    taken = take(ledger)
    for message in (0, 1, 2):
        claimed(ledger, taken, message)
    server.kill()
    cut(server, 200)
    server.start()
    other = reopened(server, tmp_path / "two")
    assert [claimed(other, taken, message) for message in (5, 6, 7, 8)] == ["go"] * 4
    assert ledger.readiness.problem() is not None
    assert claimed(other, taken, 4) == "halt"


@pytest.mark.slow
def test_a_server_that_is_killed_under_load_has_forgotten_nothing(
    server: ValkeyServer, tmp_path: Path
) -> None:
    ledger = reopened(server, tmp_path)
    add_campaign(ledger, make_batch(*[1] * 99))
    taken = take(ledger)
    for kill in range(KILLS):
        granted = threading.Event()
        threads = [
            threading.Thread(target=_claim_until_it_dies, args=(ledger, taken, kill, number, granted))
            for number in range(2)
        ]
        for thread in threads:
            thread.start()
        assert granted.wait(20)
        timer = threading.Timer(0.01 * kill, server.kill)
        timer.start()
        for thread in [*threads, timer]:
            thread.join()
        server.start()
        assert reopened(server, tmp_path).readiness.problem() is None
        assert ledger.readiness.problem() is None
        assert ledger.recovery.restored() is None
    assert int(ledger.redis.hget("mms:ticks", "claims") or 0) > KILLS


def _claim_until_it_dies(
    ledger: Ledger, taken: TakenBatch, kill: int, number: int, granted: threading.Event
) -> None:
    for turn in range(100_000):
        # Messages of this round's own: one that was claimed when the server was killed stays so.
        asked = make_claim(taken, 2 * kill + number, name=(kill, number, turn))
        try:
            if claim(ledger, taken.hold, asked, now_ms=ledger.agenda.now_ms()).word == "go":
                granted.set()
            record(
                ledger, taken.hold, make_record(asked, "later")
            )  # so that it can be claimed again and again
        except StoreUnavailable:
            if granted.is_set():  # else it was a connection of the run before
                return


def test_an_answer_that_came_before_the_cut_is_not_used_after_it(
    server: ValkeyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = reopened(server, tmp_path)
    add_campaign(ledger, make_batch(*[1] * 9))
    taken = take(ledger)
    claimed(ledger, taken, 0)
    execute = redis_py.client.Pipeline.execute

    def then_power_fails(pipeline: redis_py.client.Pipeline, raise_on_error: bool = True) -> list[object]:
        """The answer is read; then this thread stands still, and another connects to what is left of the ledger."""
        answers = execute(pipeline, raise_on_error)
        patched.undo()
        server.kill()
        cut(server, 40)
        server.start()
        ledger.redis.connection_pool.disconnect()
        ledger.redis.ping()
        return answers

    with monkeypatch.context() as patched:
        patched.setattr(redis_py.client.Pipeline, "execute", then_power_fails)
        with pytest.raises(ClaimsHeld, match="forgotten"):
            claimed(ledger, taken, 1)
    restored = reopened(server, tmp_path).recovery.restored()
    assert restored is not None
    assert restored.why == "cut"


def test_another_ledger_in_the_same_place_is_no_older_copy(server: ValkeyServer, tmp_path: Path) -> None:
    ledger = reopened(server, tmp_path)
    add_campaign(ledger)
    claimed(ledger, take(ledger), 0)
    with redis_py.Redis.from_url(server.url) as emptying:
        emptying.flushall()
    ledger.redis.connection_pool.disconnect()
    assert ledger.readiness.problem() is None
    assert reopened(server, tmp_path).readiness.problem() is None


def test_the_greatest_that_any_process_of_a_folder_knows_is_known(tmp_path: Path) -> None:
    one, other = ClaimMemory(tmp_path), ClaimMemory(tmp_path)
    for memory in (one, other):
        assert memory.known("ledger") == Counted()
    one.remember(Counted(7, "a" * 40))
    other.remember(Counted(5, "b" * 40))
    assert other.known("ledger") == Counted(7, "a" * 40)
    assert ClaimMemory(tmp_path).known("ledger") == Counted(7, "a" * 40)
    assert ClaimMemory(tmp_path).known("another ledger") == Counted()


@pytest.mark.parametrize("spoilt", [b"", b"no number\n", b"\xff" * 64])
def test_a_folder_that_remembers_nothing_readable_remembers_nothing(tmp_path: Path, spoilt: bytes) -> None:
    (tmp_path / "witness" / "ledger").mkdir(parents=True)
    (tmp_path / "witness" / "ledger" / "claims").write_bytes(spoilt)
    assert ClaimMemory(tmp_path).known("ledger") == Counted()
