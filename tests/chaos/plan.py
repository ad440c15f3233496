"""What a run will be, made from its seed alone: the campaign, CarrierX's mood, and the deeds with their times."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

#: Moods of the simulated CarrierX, each a few faults. `share` is drawn from the given range.
MOODS: dict[str, tuple[str, float, float]] = {
    "resets after taking": ("reset_after_share", 0.02, 0.15),
    "resets before taking": ("reset_before_share", 0.02, 0.1),
    "5xx after taking": ("error_after_share", 0.02, 0.1),
    "5xx before taking": ("error_before_share", 0.02, 0.1),
    "200 without the object": ("wrong_body_share", 0.02, 0.08),
    "answers too late": ("slow_share", 0.01, 0.04),
    "429": ("throttle_share", 0.02, 0.1),
    "409": ("conflict_share", 0.02, 0.1),
    "refusals": ("refuse_share", 0.02, 0.1),
    "failures": ("fail_share", 0.05, 0.2),
    "last word is sent": ("undelivered_share", 0.05, 0.2),
    "callbacks repeated": ("repeat_share", 0.1, 0.6),
    "callbacks shuffled": ("shuffle_share", 0.1, 0.6),
    "callbacks before the answer": ("early_share", 0.1, 0.6),
    "callbacks late": ("late_share", 0.05, 0.3),
    "callbacks without user_data": ("no_user_data_share", 0.05, 0.4),
}
#: Only where lost callbacks are made up for by asking.
LOST = ("callbacks lost", ("lost_share", 0.05, 0.3))
#: Moods of the lists that unknown outcomes are looked for in.
LIST_MOODS: dict[str, dict[str, Any]] = {
    "the list lags": {"list_lag_ms": 4_000},
    "the list ignores filters": {"list_ignores_filter": True},
    "the list answers 400": {"list_status": 400},
    "the list answers 500": {"list_status": 500},
}

#: What may be done to the stack: how likely, and how long it lasts at least and at most, in seconds.
DEEDS: dict[str, tuple[int, float, float]] = {
    "kill send": (6, 0.3, 2.0),
    "kill a send child": (6, 0.0, 0.0),
    "kill expand": (2, 0.3, 2.0),
    "kill ingest": (3, 0.3, 2.0),
    "kill control": (3, 0.3, 2.0),
    "kill look": (3, 0.3, 2.0),
    "kill web": (3, 0.3, 3.0),
    "kill beat": (2, 0.5, 5.0),
    "kill valkey": (4, 0.5, 3.0),
    "stop send": (4, 0.5, 5.0),
    "stop ingest": (1, 0.5, 4.0),
    "stop valkey": (2, 0.3, 2.5),
    "delete queues": (3, 0.0, 0.0),
    "repeat hints": (4, 0.0, 0.0),
    "second beat": (2, 2.0, 4.0),
    "wrong clock": (1, 2.0, 4.0),
    "control clock": (1, 2.0, 4.0),
    "no beat": (2, 6.0, 9.0),
    "receiver killed with a spool": (3, 1.5, 3.5),
    "receiver without valkey": (2, 0.0, 0.0),
    "receiver dies with a spool": (2, 0.0, 0.0),
    "STOPs": (5, 0.0, 0.0),
    "token refused": (2, 0.5, 1.5),
    "429 storm": (2, 0.5, 1.5),
    "broker flickers": (2, 0.0, 0.0),
    "broker refuses": (2, 0.3, 2.0),
    "broker resets": (2, 0.0, 0.0),
    "broker falls silent": (1, 0.5, 3.0),
    "broker half-open": (1, 0.0, 0.0),
    "no more clients": (1, 0.3, 1.5),
    "CarrierX away": (1, 0.5, 1.5),
}
#: How a person may steer the campaign.
STEERINGS = (*[""] * 8, *["pause and resume"] * 5, *["cancel"] * 3, *["pause and cancel"] * 2, "cancel early")

#: Deeds are done within so many seconds of the campaign's first claim.
SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done at a time (seconds after the campaign's first claim), lasting so long; `choice` in [0, 1)."""

    at: float
    what: str
    lasts: float
    choice: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. `group_size` 1 is a campaign of single messages; `expires` in seconds, 0: never."""

    seed: int
    rows: int
    group_size: int
    media: bool
    rate: float
    senders: int
    moods: tuple[str, ...]
    faults: dict[str, Any] = field(default_factory=dict)
    deeds: tuple[Deed, ...] = ()
    expires: int = 0


@dataclass(frozen=True, slots=True)
class Weather:
    """What holds for a whole round: whether callbacks can be made up for by asking, and how groups are told of."""

    seed: int
    polls: bool
    group_receipts: str
    account_rate: float
    sender_rate: float


def make_weather(seed: int) -> Weather:
    """The round that begins with this seed."""
    dice = random.Random(f"round {seed}")
    return Weather(
        seed=seed,
        polls=dice.random() < 0.5,
        group_receipts=dice.choice(("member", "member", "message")),
        account_rate=dice.choice((80, 150)),
        sender_rate=dice.choice((40, 60, 100)),
    )


def make_plan(seed: int, weather: Weather, rows: int) -> Plan:
    """The run of this seed in that weather."""
    dice = random.Random(f"run {seed}")
    moods, faults = _moods(dice, weather)
    grouped = dice.random() < 0.3
    return Plan(
        seed=seed,
        rows=rows,
        group_size=dice.randint(2, 9) if grouped else 1,
        media=grouped or dice.random() < 0.7,
        rate=round(rows / SECONDS * dice.uniform(0.8, 1.6)),
        senders=dice.randint(1, 3),
        moods=moods,
        faults={"seed": seed, **faults},
        deeds=_deeds(dice),
        expires=dice.choice((*[0] * 7, 6)),
    )


def _moods(dice: random.Random, weather: Weather) -> tuple[tuple[str, ...], dict[str, Any]]:
    names = dice.sample(sorted(MOODS), dice.randint(3, 6))
    faults: dict[str, Any] = {
        "latency_ms": dice.choice((20, 50, 300)),
        "callback_ms": dice.choice((50, 500, 4_000)),
    }
    for name in names:
        fault, low, high = MOODS[name]
        faults[fault] = round(dice.uniform(low, high), 3)
    if weather.polls and dice.random() < 0.6:
        name, (fault, low, high) = LOST
        names.append(name)
        faults[fault] = round(dice.uniform(low, high), 3)
    if dice.random() < 0.35:
        name = dice.choice(sorted(LIST_MOODS))
        names.append(name)
        faults |= LIST_MOODS[name]
    return tuple(names), faults


def _deeds(dice: random.Random) -> tuple[Deed, ...]:
    kinds = sorted(DEEDS)
    chosen = dice.choices(kinds, [DEEDS[kind][0] for kind in kinds], k=dice.randint(3, 5))
    if not any("send" in what for what in chosen):
        chosen[0] = "kill send"
    deeds = [_deed(dice, what) for what in chosen]
    steering = dice.choice(STEERINGS)
    if steering == "cancel early":
        deeds.append(Deed(0.0, "cancel", 0.0, 0.0))
    elif steering.startswith("pause"):
        at = dice.uniform(0.5, SECONDS / 2)
        deeds.append(Deed(at, "pause", 0.0, 0.0))
        deeds.append(Deed(at + dice.uniform(0.3, 2.5), steering.rpartition(" ")[2], 0.0, 0.0))
    elif steering:
        deeds.append(Deed(dice.uniform(0.5, SECONDS), steering, 0.0, 0.0))
    return tuple(sorted(deeds, key=lambda deed: deed.at))


def _deed(dice: random.Random, what: str) -> Deed:
    _, low, high = DEEDS[what]
    return Deed(round(dice.uniform(0.2, SECONDS), 2), what, round(dice.uniform(low, high), 2), dice.random())
