"""The suppression list on a real Valkey."""

from __future__ import annotations

import random

import pytest
import redis as redis_py
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatcher.ledger.consent.optouts import OptOut, receive_call
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import client
from tests.valkey import ValkeyServer, set_clock

NUMBER = "15165550123"
NOW = 1_800_000_000_000

entries = st.builds(
    OptOut,
    st.sampled_from([NUMBER, "15165550124"]),
    st.sampled_from(["out", "in"]),
    st.integers(NOW - 50, NOW - 1),
    st.sampled_from(["keyword", "operator"]),
)


def out(at_ms: int = 0, source: str = "keyword") -> OptOut:
    return OptOut(NUMBER, "out", at_ms, source)


def back(at_ms: int = 0, source: str = "operator") -> OptOut:
    return OptOut(NUMBER, "in", at_ms, source)


def test_a_number_is_out_once_it_is_put_there(ledger: Ledger) -> None:
    assert not ledger.optouts.is_out(NUMBER)
    assert ledger.optouts.put([out()]) == 1
    assert ledger.optouts.is_out(NUMBER)


def test_an_older_entry_changes_nothing(ledger: Ledger) -> None:
    ledger.optouts.put([out(2_000), back(1_000)])
    assert ledger.optouts.is_out(NUMBER)


def test_a_newer_entry_wins(ledger: Ledger) -> None:
    ledger.optouts.put([out(1_000), back(2_000)])
    assert not ledger.optouts.is_out(NUMBER)


def test_at_the_same_moment_the_opt_out_wins(ledger: Ledger) -> None:
    ledger.optouts.put([back(1_000), out(1_000)])
    assert ledger.optouts.is_out(NUMBER)
    ledger.optouts.put([back(1_000)])
    assert ledger.optouts.is_out(NUMBER)


def test_an_import_without_a_time_does_not_touch_what_is_out_already(ledger: Ledger) -> None:
    ledger.optouts.put([out(1_000, "keyword")])
    assert ledger.optouts.put([out(0, "import")]) == 0
    assert ledger.optouts.find([NUMBER]) == [out(1_000, "keyword")]


def test_nothing_is_newer_than_now_so_a_wrong_clock_cannot_suppress_for_ever(
    redis: redis_py.Redis, timed_ledger: Ledger
) -> None:
    set_clock(redis, NOW)
    timed_ledger.optouts.put([out(NOW * 2)])
    set_clock(redis, NOW + 1)
    timed_ledger.optouts.put([back()])
    assert not timed_ledger.optouts.is_out(NUMBER)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(entries, max_size=12), st.randoms(use_true_random=False))
def test_the_end_is_the_same_in_whatever_order_and_however_often_entries_come(
    timed_ledger: Ledger, some: list[OptOut], shuffle: random.Random
) -> None:
    def end(order: list[OptOut]) -> list[tuple[str, int] | None]:
        timed_ledger.redis.flushall()
        set_clock(timed_ledger.redis, NOW)
        timed_ledger.optouts.put(order)
        found = timed_ledger.optouts.find([NUMBER, "15165550124"])
        return [(entry.state, entry.at_ms) if entry else None for entry in found]

    again = some * 2
    shuffle.shuffle(again)
    assert end(some) == end(again)


def test_all_gives_every_entry_back_as_it_was(ledger: Ledger) -> None:
    written = [
        OptOut(f"1516555{line:04}", "out", 1_000 + line, "import list of May") for line in range(1_200)
    ]
    assert ledger.optouts.put(written) == 1_200
    assert sorted(set(ledger.optouts.all())) == written
    assert ledger.optouts.put(ledger.optouts.all()) == 0


def test_a_callback_and_its_opt_out_are_stored_in_one_step(ledger: Ledger) -> None:
    ledger.optouts.receive(b'{"message":"STOP"}', 1_000, NUMBER, "keyword")
    assert ledger.optouts.is_out(NUMBER)
    assert [entry.raw for entry in ledger.callback_stream.take("me", 10)] == [b'{"message":"STOP"}']


def test_the_script_can_be_run_by_another_client(redis: redis_py.Redis) -> None:
    text, arguments = receive_call(b"{}", 1_000, NUMBER, "keyword")
    assert redis.eval(text, 0, *arguments) == b"out"
    assert redis.eval(text, 0, *arguments) == b"ok"
    assert redis.xlen(keys.CALLBACKS) == 2


def test_one_confirmation_is_owed_for_each_change(ledger: Ledger) -> None:
    ledger.optouts.receive(b"{}", 1_000, NUMBER, "keyword")
    assert ledger.optouts.confirmation_owed(NUMBER)
    ledger.optouts.confirmation_done(NUMBER)
    ledger.optouts.receive(b"{}", 2_000, NUMBER, "keyword")
    assert not ledger.optouts.confirmation_owed(NUMBER)
    ledger.optouts.put([back(3_000)])
    ledger.optouts.receive(b"{}", 4_000, NUMBER, "keyword")
    assert ledger.optouts.confirmation_owed(NUMBER)


def test_the_list_shows_no_number_when_it_is_printed() -> None:
    assert NUMBER not in repr(out())


def test_those_who_are_out_are_listed_from_the_latest_on_in_pages_that_do_not_move(ledger: Ledger) -> None:
    numbers = [f"1516555{index:04}" for index in range(5)]
    ledger.optouts.put(OptOut(number, "out", 1_000, "import") for number in numbers[:3])
    ledger.optouts.put([OptOut(numbers[3], "out", 2_000, "import")])
    first = ledger.optouts.newest_out(2)
    ledger.optouts.put([OptOut(numbers[4], "out", 3_000, "import")])
    rest = ledger.optouts.newest_out(9, (first[-1].at_ms, 1))
    assert [entry.number for entry in [*first, *rest]] == [numbers[3], *reversed(numbers[:3])]
    assert ledger.optouts.out_count() == 5


def test_who_comes_back_is_not_listed_any_more(ledger: Ledger) -> None:
    ledger.optouts.put([out(1_000)])
    ledger.optouts.put([back(2_000)])
    assert ledger.optouts.newest_out(9) == []
    assert ledger.optouts.out_count() == 0


def test_an_opt_out_that_the_receiver_took_is_there_after_a_power_cut(server: ValkeyServer) -> None:
    Ledger(client(server.url)).optouts.receive(b"{}", 1_000, NUMBER, "keyword")
    server.kill()
    server.start()
    ledger = Ledger(client(server.url))
    assert ledger.optouts.find([NUMBER]) == [out(1_000)]
    assert ledger.optouts.confirmation_owed(NUMBER)
