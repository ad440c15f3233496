"""A campaign that runs while every process is replaced by the other version's, one after the other."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import client, text_of
from dispatcher.ledger.store.schema import FIRST, SCHEMA
from dispatcher.model.state import CampaignState
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.faults import Faults
from dispatcher.simulator.launch import simulator_process
from dispatcher.stack.addresses import CALLBACK_PATH
from tests.chaos.campaigns import Numbers
from tests.upgrade.fleet import PROCESSES, Fleet, wait
from tests.upgrade.trees import Tree
from tests.upgrade.verdict import Verdict, arrivals_in
from tests.valkey import free_port, running_valkey

TOKEN = "simulated"
CALLBACK_KEY = "callback-key-of-the-upgrade"
SENDER = "15162065575"
#: The parts of the rows that are sent when the first process is replaced, and the last.
FIRST_SHARE, LAST_SHARE = 0.1, 0.85
#: Answers after a moment, every callback in the end.
CALM = Faults(
    latency_ms=20,
    jitter_ms=60,
    callback_ms=100,
    callback_jitter_ms=300,
    callback_retries=1_000,
    callback_retry_ms=300,
)

Say = Callable[[str], None]


class Order(NamedTuple):
    """What is to be done. `back`: the new version's processes are replaced by the old one's afterwards. `names`: the
    processes that are replaced."""

    old: Tree
    new: Tree
    rows: int
    rate: int
    back: bool = False
    names: tuple[str, ...] = tuple(PROCESSES)

    @property
    def replacements(self) -> list[tuple[float, str, Tree]]:
        """At which part of the rows which process is replaced by which version's."""
        legs = [(name, self.new) for name in self.names]
        if self.back:
            legs += [(name, self.old) for name in self.names]
        pace = (LAST_SHARE - FIRST_SHARE) / (len(legs) - 1)
        return [(FIRST_SHARE + place * pace, name, tree) for place, (name, tree) in enumerate(legs)]


def roll(order: Order, folder: Path, say: Say) -> Verdict:
    """Do it, and say how it goes."""
    with ExitStack() as exits:
        valkey = exits.enter_context(running_valkey(folder / "valkey"))
        ledger = Ledger(client(valkey.url))
        exits.callback(ledger.redis.close)
        port = free_port()
        callback = f"http://127.0.0.1:{port}{CALLBACK_PATH}{CALLBACK_KEY}"
        simulator = exits.enter_context(simulator_process(CALM, callback, TOKEN))
        settings = _settings(folder, valkey.url, simulator, port, order.rate)
        fleet = exits.enter_context(Fleet(folder, settings, ledger))
        for name in PROCESSES:
            fleet.start(name, order.old)
        fleet.await_work()
        numbers = _numbers(order.rows)
        campaign = _submit(order.old, settings, folder, numbers)
        verdict_of = _Judge(order, ledger, simulator, settings, campaign, numbers)
        replaced = _replace_all(order, fleet, ledger, campaign, say)
        _await_end(order, fleet, ledger, campaign)
        verdict = verdict_of.judge(replaced)
        for name, count in fleet.tracebacks().items():
            say(f"{count} tracebacks in the log of {name}")
        return verdict


def _replace_all(order: Order, fleet: Fleet, ledger: Ledger, campaign: str, say: Say) -> list[str]:
    replaced = []
    for share, name, tree in order.replacements:
        wait(partial(_is_sent, ledger, campaign, share * order.rows), "rows", _seconds(order))
        begun = time.monotonic()
        status = fleet.replace(name, tree)
        took = time.monotonic() - begun
        say(f"{share:4.0%} sent: {name} is of the {tree.name} version (ended with {status}, {took:.1f} s)")
        replaced.append(f"{name} ({took:.1f} s)")
    return replaced


def _await_end(order: Order, fleet: Fleet, ledger: Ledger, campaign: str) -> None:
    def over() -> bool:
        if ended := fleet.ended():
            raise RuntimeError(f"ended by themselves: {ended}; {fleet.said(next(iter(ended)))}")
        if ledger.campaign(campaign).state is not CampaignState.COMPLETED:
            return False
        return _counts(ledger, campaign) == {"delivered": order.rows}

    try:
        wait(over, "the campaign's end", _seconds(order))
    except TimeoutError:
        return  # the verdict says what is missing


def _seconds(order: Order) -> float:
    """Three times as long as it should take."""
    return 120 + 3 * order.rows / order.rate


class _Judge(NamedTuple):
    order: Order
    ledger: Ledger
    simulator: SimulatorHandle
    settings: dict[str, str]
    campaign: str
    numbers: Sequence[str]

    def judge(self, replaced: list[str]) -> Verdict:
        """What became of it."""
        ledger, last = self.ledger, self.order.old if self.order.back else self.order.new
        audit = last.mms(self.settings, "campaign", "audit", self.campaign)
        wanted = FIRST if self.order.back else SCHEMA
        workers = ledger.agenda.workers().items()
        return Verdict(
            rows=self.order.rows,
            numbers=self.numbers,
            arrivals=arrivals_in(self.simulator.received().messages),
            counts=_counts(ledger, self.campaign),
            schema=ledger.upgrade.schema().version,
            wanted_schema=SCHEMA,
            audit_clean=audit.returncode == 0,
            alarms={text_of(name): int(count) for name, count in ledger.redis.hgetall(keys.ALARMS).items()},
            strangers=tuple(name for name, facts in workers if facts.get("schema", FIRST) != wanted),
            replaced=replaced,
        )


def _counts(ledger: Ledger, campaign: str) -> dict[str, int]:
    return {state.value: count for state, count in ledger.campaign(campaign).counts.items() if count}


def _is_sent(ledger: Ledger, campaign: str, rows: float) -> bool:
    counts = _counts(ledger, campaign)
    return sum(counts.values()) - counts.get("pending", 0) >= rows


def _numbers(rows: int) -> list[str]:
    fresh = Numbers()
    return [fresh.next() for _ in range(rows)]


def _submit(tree: Tree, settings: dict[str, str], folder: Path, numbers: Sequence[str]) -> str:
    file = folder / "spring.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows(
            [("phone", "first_name"), *((each, f"Name{each[-4:]}") for each in numbers)]
        )
    words = ("--from", SENDER, "--message", "Hi {{first_name}}", "--quiet-hours", "off", "--yes", "--json")
    done = tree.mms(settings, "campaign", "submit", str(file), *words)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return str(json.loads(done.stdout)["id"])


def _settings(folder: Path, url: str, simulator: SimulatorHandle, port: int, rate: int) -> dict[str, str]:
    """Of every process, whichever version it runs."""
    data = folder / "data"
    data.mkdir()
    return {
        "MMS_SIMULATE": "1",
        "MMS_REDIS_URL": url,
        "MMS_DATA_DIR": str(data),
        "MMS_CARRIERX_URL": simulator.url,
        "MMS_CARRIERX_TOKEN": TOKEN,
        "MMS_CALLBACK_KEY": CALLBACK_KEY,
        "MMS_ADMIN_TOKEN": "admin-token-of-the-upgrade",
        "MMS_PUBLIC_URL": "https://mms.example.com",
        "MMS_WEB_PORT": str(port),
        "MMS_WORKERS": "1",
        "MMS_ACCOUNT_RATE": f"{rate}/s",
        "MMS_SENDER_RATE": f"{rate}/s",
    }
