"""One round: hosts, several runs on them one after the other, time for everything to end, and the judgement."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

from dispatcher.errors import MmsError, StoreUnavailable
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of
from dispatcher.model.state import UNFINISHED, CampaignState, RecipientState
from dispatcher.simulator.faults import Faults
from tests.chaos.campaigns import Numbers, make_rows, settings_of, submit_plan
from tests.chaos.checker import Verdict, check
from tests.chaos.endings import end_of, limits_of, takes_of
from tests.chaos.history import FileRow, History, events_of
from tests.chaos.receiver import spools_left
from tests.chaos.stand import CALM
from tests.cluster.deeds import Doing, Done
from tests.cluster.inside import WORK
from tests.cluster.lineage import TornError, lineage
from tests.cluster.pauses import Pause, pause_around, too_long
from tests.cluster.plan import Air, Run, make_air, make_run
from tests.cluster.stand import SENDERS, WEBS, Stand

FIRST_CLAIM_SECONDS = 30.0
#: Nothing moved for so long though something should: it is stuck.
STUCK_SECONDS = 60.0
#: Nothing moved for so long and only unconfirmed rows are left: they stay so.
HELD_SECONDS = 20.0
#: A run is over when its fault has been for so long.
AFTERWARDS_SECONDS = 3.0
_OVER = frozenset({CampaignState.COMPLETED, CampaignState.CANCELLED})


@dataclass
class Ran:
    """One run as it went."""

    run: Run
    campaign: str
    rows: tuple[FileRow, ...] = field(repr=False)
    done: Done
    besides: tuple[str, ...] = ()


@dataclass
class Round:
    """A round that is over. `kept` is where its logs are, if they are kept.

    There are no `pauses` where a sender's clock is wrong: it sends nothing, and each hint that it takes is given again
    seconds later.
    """

    air: Air
    runs: list[Ran]
    history: History
    verdict: Verdict
    pauses: list[Pause]
    seconds: float
    kept: str = ""


def do_round(seeds: Sequence[int], rows: int, plant: str = "", *, keep: bool = False) -> Round:
    """Torment the hosts with the runs of these seeds; judge afterwards. With `keep` the logs are kept in any case."""
    begun = time.monotonic()
    air, numbers = make_air(seeds[0]), Numbers()
    with Stand(WORK, air, plant) as stand:
        doing = Doing(stand)
        try:
            runs = [_run(stand, doing, make_run(seed, rows), numbers) for seed in seeds]
            unfinished = _end(stand, doing, runs)
            history = _history(stand, runs, unfinished)
        except BaseException as error:
            error.add_note(f"logs and files: {_keep(stand, seeds[0])}")
            raise
        verdict = check(history)
        pauses = [] if air.wrong_clock in SENDERS else _pauses(runs, history)
        verdict.violations += too_long(pauses)
        kept = _keep(stand, seeds[0]) if verdict.violations or keep else ""
    return Round(air, runs, history, verdict, pauses, time.monotonic() - begun, kept)


def _pauses(runs: list[Ran], history: History) -> list[Pause]:
    ends = [*(ran.done.began_ms for ran in runs[1:]), math.inf]
    return [
        pause_around(done.what, done.began_ms, done.ended_ms, until, ran.campaign, history.takes)
        for ran, until in zip(runs, ends, strict=True)
        for done in (ran.done,)
    ]


def _keep(stand: Stand, seed: int) -> str:
    folder = tempfile.mkdtemp(prefix=f"mms-cluster-seed-{seed}-")
    stand.keep(Path(folder))
    return folder


def _run(stand: Stand, doing: Doing, run: Run, numbers: Numbers) -> Ran:
    stand.log(f"run {run.seed}: {run.fault.what}")
    stand.simulator.set_faults(_calm(stand).model_copy(update=run.campaign.faults))
    rows = make_rows(run.campaign, numbers)
    campaign = _submitted(stand, run, rows)
    _await_first_claim(stand, campaign)
    deeds = sorted((run.fault, *run.besides), key=lambda deed: deed.at)
    begun, done = time.monotonic(), {}
    for deed in deeds:
        time.sleep(max(0.0, begun + deed.at - time.monotonic()))
        done[deed.what] = doing.do(deed)
    while not all(each.ended_ms for each in done.values()):
        time.sleep(0.1)
    time.sleep(AFTERWARDS_SECONDS)
    doing.await_whole()
    return Ran(run, campaign, rows, done[run.fault.what], tuple(deed.what for deed in run.besides))


def _submitted(stand: Stand, run: Run, rows: tuple[FileRow, ...]) -> str:
    """Submit once. Where the answer was lost, the ledger is asked whether the campaign is there."""
    name = settings_of(run.campaign).name
    while True:
        try:
            known = [each.id for each in stand.ledger.campaigns.list(limit=200) if each.name == name]
            return known[0] if known else submit_plan(stand.ledger, run.campaign, rows, stand.settings)
        except StoreUnavailable:
            time.sleep(0.2)


def _await_first_claim(stand: Stand, campaign: str) -> None:
    deadline = time.monotonic() + FIRST_CLAIM_SECONDS
    while time.monotonic() < deadline:
        with suppress(MmsError):
            counts = stand.ledger.campaign(campaign).counts
            if any(count for state, count in counts.items() if state not in _NOT_YET):
                return
        time.sleep(0.05)


_NOT_YET = frozenset({RecipientState.PENDING, RecipientState.INVALID, RecipientState.SKIPPED})


def _calm(stand: Stand) -> Faults:
    return CALM.model_copy(update={"group_receipts": stand.weather.group_receipts})


def _end(stand: Stand, doing: Doing, runs: list[Ran]) -> str:
    """Good weather, and time for everything to end. Answers what did not, or nothing."""
    stand.keeper.calm_down()
    stand.network.mend_all()
    stand.simulator.set_faults(_calm(stand))
    stand.log("good weather")
    doing.await_whole()
    seen, since = "", time.monotonic()
    while True:
        with suppress(MmsError, requests.RequestException):
            now, open_rows, held = _picture(stand, runs)
            if now != seen:
                seen, since = now, time.monotonic()
            still = time.monotonic() - since
            if not open_rows and (
                still > HELD_SECONDS if held else still > 1 and _agrees(stand, runs, still)
            ):
                break
            if still > STUCK_SECONDS:
                return f"nothing moved for {STUCK_SECONDS:.0f} s: {seen}"
        time.sleep(0.25)
    stand.end_workers()
    return ""


def _agrees(stand: Stand, runs: list[Ran], still: float) -> bool:
    """Whether the ledger says what CarrierX says, or has been asked for long enough."""
    return still > HELD_SECONDS or "I2" not in {
        violation.promise for violation in check(_history(stand, runs, "")).violations
    }


def _picture(stand: Stand, runs: list[Ran]) -> tuple[str, int, int]:
    """What there is to see of everything, how much is open, and how many rows are unconfirmed."""
    lines, open_rows, held = [], 0, 0
    for ran in runs:
        campaign = stand.ledger.campaign(ran.campaign)
        counts = {state.value: count for state, count in campaign.counts.items() if count}
        unconfirmed = campaign.counts[RecipientState.UNCONFIRMED]
        lines.append(f"{ran.campaign} {campaign.state.value} {campaign.reason or ''} {counts}")
        held += unconfirmed
        open_rows += sum(campaign.counts[state] for state in UNFINISHED) - unconfirmed
        open_rows += campaign.state not in _OVER and not (campaign.rows is not None and unconfirmed)
    received = stand.simulator.received(messages=False)
    pending, waiting = received.callbacks.get("pending", 0), stand.ledger.callback_stream.waiting()
    spools = sum(spools_left(stand.data_of(host)) for host in WEBS)
    lines.append(
        f"{received.taken} taken, {pending} callbacks on their way, {waiting} waiting, {spools} spools"
    )
    return "; ".join(lines), open_rows + pending + waiting + spools, held


def _history(stand: Stand, runs: list[Ran], unfinished: str) -> History:
    ledger = stand.ledger
    received = stand.simulator.received()
    takes = takes_of(received.messages, ledger, stand.settings)
    alarms = {text_of(name): int(count) for name, count in ledger.redis.hgetall(keys.ALARMS).items()}
    try:
        written = lineage(stand.stores(), stand.servers.primary())
    except TornError as error:
        written, unfinished = [], f"the history is torn: {error}"
    return History(
        events=list(events_of(written)),
        takes=takes,
        ends=[end_of(ran.campaign, ran.rows, ledger) for ran in runs],
        limits=limits_of(stand.settings, {ran.campaign: ran.run.campaign.rate for ran in runs}),
        lease_ms=int(stand.settings.lease_seconds * 1000),
        alarms=alarms,
        heard_all=not received.callbacks.get("lost") and not received.callbacks.get("given_up"),
        by_member=stand.weather.group_receipts == "member",
        unfinished=unfinished,
    )
