"""Asking Sentinels who the primary is: all of them at once, and the newest word counts.

A Sentinel that was cut off from the others during a failover goes on naming the old primary, which may be cut off with
it. Each failover has a number (`config-epoch`) that only a majority gives; whoever tells the highest knows best. So the
first answer is not enough, as it is to most clients.
"""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import NamedTuple

from dispatcher.errors import ConfigError, MmsError, StoreUnavailable
from dispatcher.ledger.store._wire import Answer, NoAnswer, SaysNo, Wire
from dispatcher.ledger.store.sentinel_address import Place, SentinelAddress, written

#: For connecting to a Sentinel, and for its answer. One that takes longer is not waited for.
SECONDS = 1.0
_PASSWORD = {"NOAUTH", "WRONGPASS"}
_DOWN = {"s_down", "o_down"}


class _Named(NamedTuple):
    """What one Sentinel says: who it is since which failover, and whether this one can reach it."""

    epoch: int
    place: Place
    is_up: bool


_Said = _Named | MmsError | None


def primary_of(asked: SentinelAddress) -> Place:
    """Host and port of the primary that these Sentinels name.

    Raises:
        StoreUnavailable: no Sentinel answers, none knows the name, or they hold their primary for dead.
        ConfigError: they refuse the password.
    """
    said = _everything_said(asked)
    named = [one for one in said.values() if isinstance(one, _Named)]
    if not named:
        raise _nobody_named(asked, said)
    newest = max(one.epoch for one in named)
    latest = [one for one in named if one.epoch == newest]
    for one in latest:
        if one.is_up:
            return one.place
    raise StoreUnavailable(
        f"the Sentinels hold the primary {written(latest[0].place)} for dead, and name no other",
        hint="while they choose another, a moment's matter; else look at its log and theirs",
    )


def _everything_said(asked: SentinelAddress) -> dict[Place, _Said]:
    """What each of them says within its time; ends as soon as a majority says the same."""
    answers: SimpleQueue[tuple[Place, _Said]] = SimpleQueue()
    for place in asked.sentinels:
        threading.Thread(
            target=lambda place=place: answers.put((place, _ask(asked, place))), name="sentinel", daemon=True
        ).start()
    said: dict[Place, _Said] = {}
    deadline = time.monotonic() + 2 * SECONDS  # connecting and answering
    while len(said) < len(asked.sentinels):
        try:
            place, word = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            break
        said[place] = word
        same = [other for other in said.values() if other == word]
        if isinstance(word, _Named) and word.is_up and 2 * len(same) > len(asked.sentinels):
            break
    return said


def _ask(asked: SentinelAddress, place: Place) -> _Said:
    """Its word, None if it knows no such name, or why it says nothing."""
    try:
        with Wire(asked.of_sentinel(place), SECONDS) as wire:
            return _word(wire, asked.master_name)
    except MmsError as error:
        return error
    except ValueError:
        return NoAnswer("it speaks as no Sentinel does")


def _word(wire: Wire, name: str) -> _Named | None:
    """The number of the latest failover first: one in between makes an old number, never an old place under a new one.

    Raises:
        NoAnswer, SaysNo: what the Sentinel says instead.
        ValueError: it is none.
    """
    try:
        told = _texts(wire.ask("SENTINEL", "MASTER", name))
    except SaysNo as error:
        if error.code == "ERR" and wire.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name) is None:
            return None
        raise
    host, port = _texts(wire.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name))
    known = dict(zip(told[::2], told[1::2], strict=False))
    of_this_one = (known.get("ip"), known.get("port")) == (host, port)
    is_down = of_this_one and not _DOWN.isdisjoint(known.get("flags", "").split(","))
    return _Named(int(known.get("config-epoch", 0)), (host, int(port)), not is_down)


def _texts(answer: Answer) -> list[str]:
    if not isinstance(answer, list):
        raise ValueError("not what a Sentinel answers")  # noqa: TRY004 - of another program, not of a caller
    return [one.decode("ascii", "replace") if isinstance(one, bytes) else str(one) for one in answer]


def _nobody_named(asked: SentinelAddress, said: dict[Place, _Said]) -> MmsError:
    """Why not, in a sentence: what a person can mend first."""
    if None in said.values():
        return StoreUnavailable(
            f"no Sentinel knows a primary named {asked.master_name!r} (asked: {asked})",
            hint="say its name in the address: ?master_name=NAME",
        )
    for one in said.values():
        if isinstance(one, ConfigError):
            return one
    refusals = [one for one in said.values() if isinstance(one, SaysNo)]
    if any(one.code in _PASSWORD for one in refusals):
        return ConfigError(
            f"the Sentinels refuse the password (asked: {asked})",
            hint="say theirs in the address: &sentinel_username=NAME&sentinel_password=PASSWORD",
        )
    if any(one.code == "NOPERM" for one in refusals):
        return ConfigError(
            f"the Sentinels do not let this user ask (asked: {asked})",
            hint="it needs +sentinel|master and +sentinel|get-master-addr-by-name",
        )
    told = ", ".join(f"{written(place)}: {_why(said.get(place))}" for place in asked.sentinels)
    return StoreUnavailable(f"no Sentinel answers ({told})", hint="are they running? their port is 26379")


def _why(word: _Said) -> str:
    if isinstance(word, SaysNo):
        return f"it says {word.code}: is it a Sentinel?" if word.code == "ERR" else f"it says {word.code}"
    return word.why if isinstance(word, NoAnswer) else "no answer in time"
