"""Steps to the next schema: in bites, beside what is sent, killed anywhere and gone on with."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from dispatcher.errors import LedgerNewer
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.schema import FIRST, PROGRAM, SCHEMA, Schema
from dispatcher.pipeline.health._schema_findings import look_at_schema
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.tick import Hints, tick
from dispatcher.pipeline.upgrade import steps as all_steps
from dispatcher.pipeline.upgrade import upgrade
from dispatcher.pipeline.upgrade.standing import standing
from dispatcher.pipeline.upgrade.steps import STEPS, SchemaStep
from dispatcher.pipeline.upgrade.upgrade import go_on
from tests.factories import add_campaign, make_batch

CAMPAIGNS = 40
NO_HINTS = Hints(*[lambda _, __: None] * 4)


def one_bite_a_round() -> Callable[[], float]:
    """A stopwatch on which a bite takes longer than the budget."""
    return count().__next__


def at_once() -> float:
    """A stopwatch on which nothing takes any time."""
    return 0.0


def mark_campaigns(ledger: Ledger, cursor: str) -> str | None:
    """A bite over everything: each campaign gets a field, some of them at a time."""
    found: Any = ledger.redis.scan(int(cursor or 0), match="mms:c:*:counts", count=10)
    for key in found[1]:
        ledger.redis.hincrby(key, "planted", 0)
    return str(found[0]) if found[0] else None


def planted(needs: int = FIRST, bite: Callable[[Ledger, str], str | None] = mark_campaigns) -> SchemaStep:
    """A step of the tests' own, the next after the first schema."""
    return SchemaStep(2, needs, "campaigns are marked", bite)


def marked(ledger: Ledger) -> int:
    """Campaigns that the step was at."""
    return sum(ledger.redis.hexists(key, "planted") for key in ledger.redis.keys("mms:c:*:counts"))


@pytest.fixture
def old(ledger: Ledger) -> Ledger:
    """A ledger of the first schema, with campaigns."""
    ledger.redis.hset(keys.STAMP, mapping={"mode": "simulate", "made_at": 1})
    for number in range(CAMPAIGNS):
        add_campaign(ledger, make_batch(1), id=f"of-{number}", run=False)
    return ledger


def lives(ledger: Ledger, name: str, **facts: int) -> None:
    """A worker says that it lives."""
    ledger.agenda.sign_of_life(name, {"queues": ["send"], **facts}, ledger.agenda.now_ms())


def test_every_schema_has_one_step_and_the_last_is_this_programs() -> None:
    assert [step.to for step in STEPS] == list(range(FIRST + 1, SCHEMA + 1))
    assert all(step.needs <= step.to for step in STEPS)
    assert [step.needs for step in STEPS] == sorted(step.needs for step in STEPS)


def test_a_step_is_done_in_bites_one_after_the_other(old: Ledger) -> None:
    bites = 0
    while old.upgrade.schema().version == FIRST:
        go_on(old, steps=[planted()], stopwatch=one_bite_a_round())
        bites += 1
    assert bites > 3
    assert marked(old) == CAMPAIGNS
    assert standing(old, [planted()]).way == ""


def test_within_the_budget_a_round_does_as_many_bites_as_there_are(old: Ledger) -> None:
    go_on(old, steps=[planted()], stopwatch=at_once)
    assert old.upgrade.schema() == Schema(2, FIRST, "")
    assert marked(old) == CAMPAIGNS


@pytest.mark.parametrize("killed_at", ["in the bite", "behind the bite"])
def test_a_worker_that_is_killed_leaves_a_cursor_at_which_another_goes_on(
    old: Ledger, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    seen: list[str] = []

    def dies(ledger: Ledger, cursor: str) -> str | None:
        seen.append(cursor)
        if killed_at == "in the bite" and len(seen) == 2:
            raise KeyboardInterrupt
        return mark_campaigns(ledger, cursor)

    advance = old.upgrade.advance

    def dies_behind(*arguments: Any) -> bool:
        if killed_at == "behind the bite" and len(seen) == 2:
            raise KeyboardInterrupt
        return advance(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(old.upgrade, "advance", dies_behind)
        with pytest.raises(KeyboardInterrupt):
            go_on(old, steps=[planted(bite=dies)], stopwatch=at_once)
    assert old.upgrade.schema().version == FIRST
    assert "1 bites done" in standing(old, [planted()]).way
    seen.append("another worker")
    go_on(old, steps=[planted(bite=dies)], stopwatch=at_once)
    assert seen[3] == seen[1] != "", "from where the one before it was"
    assert marked(old) == CAMPAIGNS
    assert old.upgrade.schema().version == 2


def test_several_workers_may_be_at_it_at_once(old: Ledger) -> None:
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        while upgrade.next_step(old, [planted()]) is not None:
            go_on(old, steps=[planted()], stopwatch=one_bite_a_round())

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert marked(old) == CAMPAIGNS
    assert old.upgrade.schema() == Schema(2, FIRST, "")


def test_a_step_that_older_workers_would_not_understand_waits_until_they_are_gone(old: Ledger) -> None:
    step = planted(needs=2)
    lives(old, "new@here", schema=2)
    lives(old, "old@here")
    go_on(old, steps=[step], stopwatch=at_once)
    assert (marked(old), old.upgrade.schema()) == (0, Schema(FIRST, FIRST, "")), "nobody is kept out yet"
    assert standing(old, [step]).waits == "old@here"
    old.redis.delete(keys.WORKER + "old@here")
    go_on(old, steps=[step], stopwatch=at_once)
    assert (marked(old), old.upgrade.schema()) == (CAMPAIGNS, Schema(2, 2, PROGRAM))
    assert standing(old, [step]).waits == ""


def test_a_step_that_they_understand_waits_for_nobody(old: Ledger) -> None:
    lives(old, "old@here")
    go_on(old, steps=[planted()], stopwatch=at_once)
    assert old.upgrade.schema() == Schema(2, FIRST, "")


def test_whoever_is_too_old_is_kept_out_before_the_first_bite(old: Ledger) -> None:
    def refused(ledger: Ledger, cursor: str) -> str | None:
        with pytest.raises(LedgerNewer):
            add_campaign(ledger, id="by-an-older-program")
        return None

    step = SchemaStep(2, SCHEMA + 1, "older programs are kept out", refused)
    with pytest.raises(LedgerNewer):
        go_on(old, steps=[step], stopwatch=at_once)  # this program is the older one
    assert old.upgrade.schema() == Schema(FIRST, SCHEMA + 1, PROGRAM)


def test_the_tick_brings_a_ledger_of_the_first_schema_to_this_programs(runtime: Runtime, old: Ledger) -> None:
    old.redis.rpush(keys.SET_ASIDE, *(f"callback {number}" for number in range(250)))
    tick(runtime, NO_HINTS)
    assert old.upgrade.schema() == Schema(SCHEMA, FIRST, "")
    aside: Any = old.redis.xrange(keys.ASIDE)
    assert [fields[b"raw"] for _, fields in aside] == [f"callback {number}".encode() for number in range(250)]
    assert old.redis.exists(keys.SET_ASIDE, keys.UPGRADE) == 0


def test_it_is_brought_forward_while_it_waits_for_its_recovery_too(runtime: Runtime, old: Ledger) -> None:
    old.recovery.mark("told")
    assert "restored" in tick(runtime, NO_HINTS)
    assert old.upgrade.schema().version == SCHEMA


def test_a_redis_without_a_ledger_is_not_stamped_by_a_tick(runtime: Runtime) -> None:
    tick(runtime, NO_HINTS)
    assert runtime.ledger.redis.exists(keys.STAMP) == 0


def test_doctor_tells_what_is_done_what_is_waited_for_and_that_it_is_done(
    old: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> list[tuple[str, str]]:
        return [(each.verdict, each.seen) for each in look_at_schema(old)]

    def plant(step: SchemaStep) -> None:
        monkeypatch.setattr(standing, "__defaults__", ([step],))

    plant(planted(needs=2))
    assert found() == [
        ("note", "the ledger is of schema 1 and is brought to 2, in which campaigns are marked")
    ]
    lives(old, "old@here")
    go_on(old, steps=[planted(needs=2)], stopwatch=at_once)
    assert [verdict for verdict, _ in found()] == ["note", "note"]
    assert "waits for older workers: old@here" in found()[0][1]
    assert f"workers of another schema than this program's {SCHEMA}: old@here" in found()[1][1]
    plant(planted())
    go_on(old, steps=[planted()], stopwatch=one_bite_a_round())
    assert found()[0][1].endswith("campaigns are marked, 1 bites done")
    old.redis.delete(keys.WORKER + "old@here")
    go_on(old, steps=[planted()], stopwatch=at_once)
    assert found() == [("ok", "the ledger is of schema 2")]
    old.redis.hset(keys.STAMP, mapping={"schema": SCHEMA + 1, "program": "9.9.9"})
    [(verdict, seen)] = found()
    assert verdict == "note"
    assert f"schema {SCHEMA + 1}, started on last by mms 9.9.9; this program" in seen


def test_the_registry_of_steps_names_what_each_does() -> None:
    assert all(step.what and step.what[0].islower() for step in all_steps.STEPS)
