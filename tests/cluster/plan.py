"""What a run will be, made from its seed alone: the campaign, CarrierX's mood, what happens to the hosts and when."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Literal

from tests.chaos import plan as chaos
from tests.chaos.plan import MOODS, Deed, Weather

#: What happens to the hosts, one of these in each run, for so many seconds. Twenty runs see all of them.
FAULTS: dict[str, tuple[float, float]] = {
    "clean failover": (0, 0),
    "primary killed": (8, 14),
    "primary stands still": (12, 18),
    "primary cut off": (12, 18),
    "primary cut off with a sender": (14, 20),
    "primary hears nothing": (10, 16),
    "primary's disk full": (8, 12),
    "one replica cut off": (10, 16),
    "both replicas stand still": (10, 14),
    "losses at the primary": (6, 10),
    "primary slow": (6, 10),
    "sender killed": (3, 8),
    "sender cut off": (8, 14),
    "sender hears nothing": (8, 14),
    "web cut off from the ledger": (6, 12),
    "web cut off": (6, 12),
    "web's disk full": (6, 12),
    "one door gone": (4, 10),
    "broker gone": (6, 12),
    "control gone": (6, 12),
}
#: What may come on top of it.
BESIDES: dict[str, tuple[float, float]] = {
    "losses at a sender": (4, 8),
    "sender slow": (4, 8),
    "a Sentinel killed": (2, 6),
    "one door gone": (3, 6),
    "a send process killed": (0, 0),
}
#: In these the ledger moves to another host.
FAILOVERS = (
    "clean failover",
    "primary killed",
    "primary's disk full",
    "primary stands still",
    "primary cut off",
    "primary hears nothing",
    "primary cut off with a sender",
)
#: Nothing may be sent in these, once what was claimed before is out.
STOPS_SENDING = "both replicas stand still"

#: Moods that leave the pace as it is: how long sending stood still is to be seen.
_MOODS = (
    "resets after taking",
    "resets before taking",
    "5xx after taking",
    "callbacks repeated",
    "callbacks shuffled",
    "callbacks late",
    "callbacks before the answer",
)
#: A run's campaign goes at this many legs a second, so that there is something to send at every moment.
RATE = 25.0
Broker = Literal["RabbitMQ", "Sentinel"]


@dataclass(frozen=True, slots=True)
class Air:
    """What holds for a whole round: chaos's weather, the broker, and whose clock is wrong by how many seconds."""

    weather: Weather
    broker: Broker
    wrong_clock: str
    ahead_seconds: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its campaign with CarrierX's mood, what happens to the hosts, and what comes on top."""

    campaign: chaos.Plan
    fault: Deed
    besides: tuple[Deed, ...]

    @property
    def seed(self) -> int:
        """What it was made from."""
        return self.campaign.seed


def make_air(seed: int) -> Air:
    """The round that begins with this seed."""
    dice = random.Random(f"climate {seed}")
    weather = chaos.make_weather(seed)
    return Air(
        weather=Weather(seed, weather.polls, weather.group_receipts, 150, 100),
        broker=dice.choice(("RabbitMQ", "RabbitMQ", "Sentinel")),
        wrong_clock=dice.choice(("", "send1", "control", "web1")),
        ahead_seconds=dice.choice((-60, 60)),
    )


def make_run(seed: int, rows: int) -> Run:
    """The run of this seed."""
    dice = random.Random(f"cluster run {seed}")
    moods = dice.sample(_MOODS, dice.randint(1, 3))
    faults: dict[str, Any] = {
        "latency_ms": dice.choice((20, 50, 150)),
        "callback_ms": dice.choice((50, 1_000)),
    }
    for mood in moods:
        fault, low, high = MOODS[mood]
        faults[fault] = round(dice.uniform(low, min(high, 0.3)), 3)
    grouped = dice.random() < 0.25
    plan = chaos.Plan(
        seed=seed,
        rows=rows,
        group_size=dice.randint(2, 5) if grouped else 1,
        media=grouped or dice.random() < 0.7,
        rate=RATE,
        senders=dice.randint(1, 3),
        moods=tuple(moods),
        faults={"seed": seed, **faults},
    )
    return Run(plan, _deed(dice, fault_of(seed), FAULTS, 1.5, 3.0), _besides(dice))


def fault_of(seed: int) -> str:
    """All kinds come once in as many seeds, in another order each time."""
    cycle, place = divmod(seed - 1, len(FAULTS))
    kinds = sorted(FAULTS)
    random.Random(f"cluster order {cycle}").shuffle(kinds)
    return kinds[place]


def _besides(dice: random.Random) -> tuple[Deed, ...]:
    if dice.random() < 0.5:
        return ()
    return (_deed(dice, dice.choice(sorted(BESIDES)), BESIDES, 0.5, 8.0),)


def _deed(
    dice: random.Random, what: str, table: dict[str, tuple[float, float]], earliest: float, latest: float
) -> Deed:
    lasts = round(dice.uniform(*table[what]), 1)
    return Deed(round(dice.uniform(earliest, latest), 1), what, lasts, dice.random())
