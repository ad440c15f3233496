"""One round: a stand, several runs on it one after the other, time for everything to end, and the history of it all."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from dispatcher.errors import MmsError, StoreUnavailable
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of
from dispatcher.model.state import UNFINISHED, CampaignState, RecipientState
from dispatcher.simulator.faults import Faults
from tests.chaos.campaigns import Numbers, make_rows, settings_of, submit_plan
from tests.chaos.checker import Verdict, check
from tests.chaos.deeds import Doing
from tests.chaos.endings import end_of, limits_of, takes_of
from tests.chaos.history import FileRow, History, ledger_events
from tests.chaos.plan import Plan, Weather, make_plan, make_weather
from tests.chaos.plants import provoked
from tests.chaos.receiver import probes_in_stream, spools_left
from tests.chaos.stand import CALM, Stand

#: A run whose campaign claims nothing for so long begins its deeds all the same.
FIRST_CLAIM_SECONDS = 15.0
#: Nothing moved for so long though something should: it is stuck.
STUCK_SECONDS = 60.0
#: Nothing moved for so long and only unconfirmed rows are left: they stay so.
HELD_SECONDS = 14.0

#: What is read while everything still moves may disagree with itself.
_TRUE_AT_THE_END = frozenset({"I2", "I5", "I9"})
_OVER = frozenset({CampaignState.COMPLETED, CampaignState.CANCELLED})


@dataclass
class Run:
    """One run as it went."""

    plan: Plan
    campaign: str
    rows: tuple[FileRow, ...] = field(repr=False)
    doing: Doing


@dataclass
class Round:
    """A round that is over."""

    weather: Weather
    runs: list[Run]
    history: History
    verdict: Verdict
    seconds: float


def do_round(seeds: Sequence[int], rows: int, plant: str | None = None, keep: Path | None = None) -> Round:
    """Torment one stack with the runs of these seeds; judge afterwards. Its folder is kept in `keep`, if given."""
    begun = time.monotonic()
    weather = make_weather(seeds[0])
    numbers = Numbers()
    with _folder(keep, seeds[0]) as folder, Stand(folder, weather, plant) as stand:
        plans = [make_plan(seed, weather, rows) for seed in seeds]
        if plant:
            plans = [provoked(plant, plan) for plan in plans]
        runs = [_run(stand, plan, numbers) for plan in plans]
        history = _end(stand, runs, planted=plant is not None)
    return Round(weather, runs, history, check(history), time.monotonic() - begun)


@contextmanager
def _folder(keep: Path | None, seed: int) -> Iterator[Path]:
    if keep is not None:
        folder = Path(tempfile.mkdtemp(prefix=f"seed-{seed}-", dir=keep))
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="mms-chaos-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _run(stand: Stand, plan: Plan, numbers: Numbers) -> Run:
    stand.simulator.set_faults(_calm(stand).model_copy(update=plan.faults))
    rows = make_rows(plan, numbers)
    campaign = _submitted(stand, plan, rows)
    run = Run(plan, campaign, rows, Doing(stand, campaign, rows))
    early = [deed for deed in plan.deeds if deed.at == 0]
    for deed in early:
        run.doing.do(deed)
    _await_first_claim(stand, campaign)
    begun = time.monotonic()
    for deed in plan.deeds:
        if deed not in early:
            time.sleep(max(0.0, begun + deed.at - time.monotonic()))
            run.doing.do(deed)
    return run


def _submitted(stand: Stand, plan: Plan, rows: tuple[FileRow, ...]) -> str:
    """Submit once. Where the answer was lost, the ledger is asked whether the campaign is there."""
    name = settings_of(plan).name
    while True:
        stand.await_store()
        try:
            known = [each.id for each in stand.ledger.campaigns.list(limit=200) if each.name == name]
            return known[0] if known else submit_plan(stand.ledger, plan, rows, stand.settings)
        except StoreUnavailable:
            time.sleep(0.2)


def _await_first_claim(stand: Stand, campaign: str) -> None:
    deadline = time.monotonic() + FIRST_CLAIM_SECONDS
    while time.monotonic() < deadline:
        with suppress(StoreUnavailable):
            seen = stand.ledger.campaign(campaign)
            idle = seen.counts[RecipientState.PENDING] + seen.counts[RecipientState.INVALID]
            idle += seen.counts[RecipientState.SKIPPED]
            if seen.state in _OVER or (seen.rows is not None and idle < seen.rows_read):
                return
        time.sleep(0.05)


def _calm(stand: Stand) -> Faults:
    return CALM.model_copy(update={"group_receipts": stand.weather.group_receipts})


def _end(stand: Stand, runs: list[Run], *, planted: bool) -> History:
    """Good weather, and time for everything to end; then the history. A planted fault that was seen is enough."""
    stand.calm_down()
    stand.await_store()
    stand.simulator.set_faults(_calm(stand))
    for run in runs:
        run.doing.resume()
    stand.wire.mend()
    unmoved = stand.unmoved_queues()
    unfinished = "" if planted and unmoved else _await_the_end(stand, runs, planted=planted)
    stand.end_workers()
    return replace(_history(stand, runs, unfinished), unmoved=unmoved)


def _await_the_end(stand: Stand, runs: list[Run], *, planted: bool) -> str:
    """Wait while something moves. Answers what did not come to an end, or nothing."""
    seen, since = "", time.monotonic()
    while True:
        with suppress(MmsError):
            if any("token refused" in run.doing.done for run in runs):
                stand.ledger.agenda.release()  # an answer that was on its way may have put the brake on again
            for run in runs:
                run.doing.resume_after_a_brake()
            now, open_rows, held = _picture(stand, runs)
            if now != seen:
                seen, since = now, time.monotonic()
            if planted and _broken(stand, runs) - _TRUE_AT_THE_END:
                return ""
            still = time.monotonic() - since
            ended = not open_rows and (not held or still > HELD_SECONDS)
            if ended and (still > HELD_SECONDS or _words_agree(stand, runs)):
                return ""
            if still > STUCK_SECONDS:
                return f"nothing moved for {STUCK_SECONDS:.0f} s: {seen}"
        time.sleep(0.25)


def _picture(stand: Stand, runs: list[Run]) -> tuple[str, int, int]:
    """What there is to see of everything, how much is open, and how many rows are unconfirmed."""
    lines, open_rows, held = [], 0, 0
    for run in runs:
        campaign = stand.ledger.campaign(run.campaign)
        counts = {state.value: count for state, count in campaign.counts.items() if count}
        unconfirmed = campaign.counts[RecipientState.UNCONFIRMED]
        unfinished = sum(campaign.counts[state] for state in UNFINISHED)
        lines.append(f"{run.campaign} {campaign.state.value} {campaign.reason or ''} {counts}")
        held += unconfirmed
        open_rows += unfinished - unconfirmed
        open_rows += campaign.state not in _OVER and not (campaign.rows is not None and unconfirmed)
    received = stand.simulator.received(messages=False)
    waiting = stand.ledger.callback_stream.waiting()
    pending = received.callbacks.get("pending", 0)
    lines.append(f"{received.taken} taken, {pending} callbacks on their way, {waiting} waiting")
    spools = spools_left(stand.folder)
    lines.append(f"{spools} spools")
    return "; ".join(lines), open_rows + pending + waiting + spools, held


def _words_agree(stand: Stand, runs: list[Run]) -> bool:
    """Whether the ledger says by now what CarrierX says."""
    return "I2" not in _broken(stand, runs)


def _broken(stand: Stand, runs: list[Run]) -> set[str]:
    """The promises that are broken as it looks now; some need not be kept before the end."""
    return {violation.promise for violation in check(_history(stand, runs, "")).violations}


def _history(stand: Stand, runs: list[Run], unfinished: str) -> History:
    ledger = stand.ledger
    received = stand.simulator.received()
    takes = takes_of(received.messages, ledger, stand.settings)
    answers = {text_of(name) for name in ledger.redis.zrange(keys.ANSWERS, 0, -1)}
    alarms = {text_of(name): int(count) for name, count in ledger.redis.hgetall(keys.ALARMS).items()}
    return History(
        events=list(ledger_events(stand.store_folder)),
        takes=[take for take in takes if not (take.ref and take.ref.campaign in answers)],
        confirmations=[take for take in takes if take.ref and take.ref.campaign in answers],
        ends=[end_of(run.campaign, run.rows, ledger, run.doing.gates) for run in runs],
        limits=limits_of(stand.settings, {run.campaign: run.plan.rate for run in runs}),
        lease_ms=int(stand.settings.lease_seconds * 1000),
        standstills=list(stand.standstills),
        alarms=alarms,
        heard_all=not received.callbacks.get("lost") and not received.callbacks.get("given_up"),
        by_member=stand.weather.group_receipts == "member",
        unfinished=unfinished,
        misled_batches=stand.misled_batches(),
        probes=list(stand.probes),
        probes_stored=probes_in_stream(stand.store_folder),
        receiver_troubles=list(stand.receiver_troubles),
    )
