"""Sending a batch against a simulated CarrierX: each message goes once, and what is sent is what the file said."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dispatcher.model.correlation import read_user_data
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.simulator.client import SimulatorHandle
from tests.conftest import SECRET
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import CAMPAIGN, SENDER, add_campaign, make_batch, number_of, recount, states

MEDIA = ("https://example.com/a.jpg",)


def test_every_row_is_sent_once_and_says_so(runtime: Runtime, simulator: SimulatorHandle) -> None:
    add_campaign(runtime.ledger, make_batch(*[1] * 100, media=MEDIA))
    assert send_batch(runtime, CAMPAIGN, 0) == "100 queued"
    assert Counter(states(runtime.ledger)) == {"queued": 100}
    received = simulator.received()
    assert received.taken == 100
    assert received.repeated == []
    assert runtime.ledger.campaign(CAMPAIGN).state is CampaignState.COMPLETED
    recount(runtime.ledger)


def test_what_is_sent_is_what_the_file_said(runtime: Runtime, simulator: SimulatorHandle) -> None:
    odd = 'tab\there, nul\0, quote", ünï 😀, {{brace}}'
    add_campaign(runtime.ledger, make_batch(1, 3, media=MEDIA, text=odd))
    send_batch(runtime, CAMPAIGN, 0)
    single, group = sorted(simulator.received().messages, key=lambda message: len(message["to"]))
    assert single["to"] == [number_of(1)]
    assert group["to"] == [number_of(row) for row in (2, 3, 4)]
    assert {single["from"], group["from"]} == {SENDER}
    assert {single["message"], group["message"]} == {odd}
    refs = [read_user_data(message["user_data"], [SECRET]) for message in (single, group)]
    assert [(ref.campaign, ref.batch, ref.message, ref.attempt) for ref in refs if ref] == [
        (CAMPAIGN, 0, 0, 1),
        (CAMPAIGN, 0, 1, 1),
    ]


def test_a_media_message_without_text_has_none(runtime: Runtime, simulator: SimulatorHandle) -> None:
    add_campaign(runtime.ledger, make_batch(1, media=MEDIA, text=None))
    send_batch(runtime, CAMPAIGN, 0)
    assert simulator.received().messages[0]["message"] is None


def test_a_second_hint_for_a_batch_that_is_done_does_nothing(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    add_campaign(runtime.ledger, make_batch(1))
    assert [send_batch(runtime, CAMPAIGN, 0) for _ in range(2)] == ["1 queued", "halt completed"]
    assert simulator.received().taken == 1


def test_hints_for_what_is_not_there_do_nothing(runtime: Runtime) -> None:
    assert send_batch(runtime, "nobody-abc234", 0) == "halt gone"
    add_campaign(runtime.ledger, make_batch(1))
    assert send_batch(runtime, CAMPAIGN, 7) == "done"


def test_many_workers_on_the_same_batches_send_each_message_once(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    add_campaign(make_runtime().ledger, *(make_batch(*[1] * 20, first_row=1 + 20 * n) for n in range(4)))
    barrier = threading.Barrier(4)

    def work(runtime: Runtime) -> None:
        barrier.wait()
        for number in range(4):
            send_batch(runtime, CAMPAIGN, number)

    runtimes = [make_runtime(in_flight=4) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, runtimes))
    received = simulator.received()
    assert (received.taken, received.repeated) == (80, [])
    assert recount(runtimes[0].ledger)[RecipientState.QUEUED] == 80


def test_nothing_of_a_message_shows_in_what_flower_shows(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(refuse_share=0.5, error_after_share=0.3)
    add_campaign(runtime.ledger, make_batch(*[1] * 30))
    line = send_batch(runtime, CAMPAIGN, 0)
    assert not any(number_of(row) in line for row in range(1, 31))
    assert len(line) < 100


def test_the_data_folder_is_not_touched_by_sending(runtime: Runtime, tmp_path: Path) -> None:
    add_campaign(runtime.ledger, make_batch(1))
    send_batch(runtime, CAMPAIGN, 0)
    assert list(tmp_path.iterdir()) == []


def test_what_was_sent_is_counted_for_the_metrics_with_how_long_it_took(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(*[1] * 7))
    send_batch(runtime, CAMPAIGN, 0)
    counted = runtime.ledger.counters.read()
    assert counted["sends"] == {"accepted": 7}
    assert sum(times for label, times in counted["send"].items() if label != "ms") == 7
