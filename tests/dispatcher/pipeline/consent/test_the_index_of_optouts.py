"""Every way onto the suppression list and off it keeps the list's order, by which it is shown and counted."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.consent.optouts import OptOut, receive_call
from dispatcher.ledger.installation.recovery import Restored
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.pipeline.consent.auto_replies import answer_inbound
from dispatcher.pipeline.consent.optouts import decide, import_list, put_numbers
from dispatcher.pipeline.receipts.ingest import ingest
from dispatcher.pipeline.recovery.recover import recover
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.pipeline.consent.test_inbound import OURS, SOMEBODY, body
from tests.lua import PRELUDES, SCRIPTS
from tests.valkey import set_clock

Way = Callable[[Runtime, SimulatorHandle], object]
AT_MS = 1_700_000_000_000


def by_the_receiver(runtime: Runtime, _: SimulatorHandle) -> None:
    text, arguments = receive_call(body("STOP"), AT_MS, SOMEBODY, "inbound")
    runtime.ledger.redis.eval(text, 0, *arguments)


def by_the_ingestion(runtime: Runtime, _: SimulatorHandle) -> None:
    runtime.ledger.callback_stream.store(body("STOP"), AT_MS)
    ingest(runtime, "me")


def by_hand(runtime: Runtime, _: SimulatorHandle) -> None:
    put_numbers(runtime.ledger, [SOMEBODY], "out", "operator")


def by_a_list(runtime: Runtime, _: SimulatorHandle) -> None:
    import_list(runtime.ledger, io.BytesIO(f"number\n{SOMEBODY}\n".encode()), max_bytes=1_000)


def by_a_word_on_a_doubtful_message(runtime: Runtime, _: SimulatorHandle) -> None:
    message = Inbound("a1", AT_MS, SOMEBODY, OURS, "stop by at 5?", (), "doubtful")
    runtime.ledger.inbound.keep(b"0-1", message, needs_review=True, follows=False)
    decide(runtime.ledger, "a1", stop=True)


def by_the_recovery(runtime: Runtime, simulator: SimulatorHandle) -> None:
    simulator.inbound(from_=SOMEBODY, to=OURS, message="STOP")
    live = replace(runtime, settings=runtime.settings.model_copy(update={"simulate": False}))
    now_ms = runtime.ledger.agenda.now_ms()
    recover(live, Restored("told", now_ms, now_ms - 600_000), who="tester")


def in_by_hand(runtime: Runtime, _: SimulatorHandle) -> None:
    put_numbers(runtime.ledger, [SOMEBODY], "in", "operator")


def in_by_a_list(runtime: Runtime, _: SimulatorHandle) -> None:
    import_list(runtime.ledger, io.BytesIO(f"number,state\n{SOMEBODY},in\n".encode()), max_bytes=1_000)


def in_by_a_start(runtime: Runtime, simulator: SimulatorHandle) -> None:
    sid = simulator.inbound(from_=SOMEBODY, to=OURS, message="START")["message_sid"]
    runtime.ledger.callback_stream.store(body("START", sid), runtime.ledger.agenda.now_ms())
    ingest(runtime, "me")
    answer_inbound(runtime)


def in_order(runtime: Runtime) -> dict[str, float]:
    """The order, which must be that of the list."""
    optouts = runtime.ledger.optouts
    shown = dict(runtime.ledger.redis.zscan_iter(keys.OPT_OUTS_ORDER))
    listed = {entry.number.encode(): float(entry.at_ms) for entry in optouts.all() if entry.state == "out"}
    assert shown == listed
    assert (optouts.out_count(), len(optouts.newest_out(99))) == (len(listed), len(listed))
    return {number.decode(): at_ms for number, at_ms in shown.items()}


@pytest.mark.parametrize("back", [in_by_hand, in_by_a_list, in_by_a_start])
@pytest.mark.parametrize(
    "out",
    [by_the_receiver, by_the_ingestion, by_hand, by_a_list, by_a_word_on_a_doubtful_message, by_the_recovery],
)
def test_every_way_out_and_back_keeps_the_order(
    make_runtime: MakeRuntime, timed_ledger: Ledger, simulator: SimulatorHandle, out: Way, back: Way
) -> None:
    runtime = make_runtime(parts={"ledger": timed_ledger}, start_allowed=True)
    now_ms = time.time_ns() // 1_000_000
    set_clock(timed_ledger.redis, now_ms - 60_000)
    runtime.ledger.optouts.put([OptOut("15165550999", "out", AT_MS - 1, "import")])
    for _ in range(2):
        out(runtime, simulator)
        assert set(in_order(runtime)) == {SOMEBODY, "15165550999"}
    set_clock(timed_ledger.redis, now_ms)
    back(runtime, simulator)
    assert set(in_order(runtime)) == {"15165550999"}


def test_one_place_alone_writes_the_list() -> None:
    files = {**SCRIPTS, **PRELUDES}
    assert [name for name, file in files.items() if "'mms:optout'" in file.read_text()] == ["suppression"]
