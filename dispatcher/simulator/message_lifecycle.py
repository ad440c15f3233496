"""What becomes of a taken message: `sent`, then `delivered` or `failed`, and the callbacks telling of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dispatcher.simulator.account import Account
from dispatcher.simulator.callback_sender import CallbackSender, Done
from dispatcher.simulator.faults import Faults
from dispatcher.simulator.seeded_random import Fate
from dispatcher.simulator.store import Store, TakenMessage

Then = Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Leg:
    """One member's walk through its words. `url` is None for a member that no callback speaks of."""

    taken: TakenMessage
    member: str
    words: tuple[str, ...]
    fate: Fate
    url: str | None


class Walker:
    """Moves messages on and tells their callback URL."""

    def __init__(self, store: Store, account: Account, sender: CallbackSender) -> None:
        self._store = store
        self._account = account
        self._sender = sender

    def start(self, taken: TakenMessage, fate: Fate, after_first: Then | None = None) -> None:
        """Let the message walk; `after_first` is called when its first callback, sent at once, is over."""
        url = self._account.callback_url(taken.sender) if fate.faults.callbacks else None
        by_message = taken.group and fate.faults.group_receipts == "message"
        for member in taken.to:
            spoken_of = not by_message or member == taken.to[-1]
            leg_fate = fate.of(member)
            leg = _Leg(taken, member, _words(leg_fate), leg_fate, url if spoken_of else None)
            if member == taken.to[-1] and after_first is not None:
                self._step(leg, 0, after_first)
            else:
                self._later(leg, 0)

    def tell(self, url: str, body: dict[str, Any], faults: Faults, done: Done) -> None:
        """Send one callback, again if it is not taken and the faults say so; `done` hears the last status."""
        raw = json.dumps(_dressed(body, faults)).encode()
        tries_left = faults.callback_retries
        self._store.callbacks["pending"] += 1

        def answered(status: int | None) -> None:
            nonlocal tries_left
            taken = status is not None and 200 <= status < 300
            if taken or not tries_left:
                self._store.callbacks["pending"] -= 1
                self._store.callbacks["answered" if taken else "given_up"] += 1
                done(status)
            else:
                tries_left -= 1
                _call_later(faults.callback_retry_ms, lambda: self._sender.send(url, raw, answered))

        self._sender.send(url, raw, answered)

    def _later(self, leg: _Leg, index: int) -> None:
        if index < len(leg.words):
            faults = leg.fate.faults
            wait_ms = leg.fate.wait_ms(faults.callback_ms, faults.callback_jitter_ms, f"callback {index}")
            self._pending(wait_ms, lambda: self._step(leg, index))

    def _step(self, leg: _Leg, index: int, then: Then | None = None) -> None:
        """The leg reaches a word: the object moves, a callback goes out, the next word follows the answer."""
        leg.taken.move(leg.words[index], leg.member)
        fate = leg.fate.of(leg.words[index])

        def go_on(_: int | None = None) -> None:
            if then is not None:
                then()
            self._later(leg, index + 1)

        if leg.url is None or self._is_lost(fate):
            go_on()
        elif then is None and fate.hits("late_share"):
            self._pending(fate.faults.late_ms, lambda: self._tell(leg, index, fate))
            go_on()
        else:
            self._tell(leg, index, fate, go_on)

    def _tell(self, leg: _Leg, index: int, fate: Fate, done: Done = lambda _: None) -> None:
        body = leg.taken.body(leg.words[index], leg.member)
        if leg.fate.hits("no_user_data_share"):
            body["user_data"] = "null" if leg.fate.roll("null as text") < 0.5 else None
        assert leg.url is not None
        if fate.hits("repeat_share"):
            self.tell(leg.url, body, fate.faults, lambda _: None)
        self.tell(leg.url, body, fate.faults, done)

    def _is_lost(self, fate: Fate) -> bool:
        lost = fate.hits("lost_share")
        self._store.callbacks["lost"] += lost
        return lost

    def _pending(self, wait_ms: float, then: Then) -> None:
        """Do it later; until then it counts as pending."""
        self._store.callbacks["pending"] += 1

        def due() -> None:
            self._store.callbacks["pending"] -= 1
            then()

        _call_later(wait_ms, due)


def _words(fate: Fate) -> tuple[str, ...]:
    first = ("queued",) if fate.faults.queued_callback else ()
    if fate.hits("fail_share"):
        words = (*first, "sent", "failed")
    elif fate.hits("undelivered_share"):
        return (*first, "sent")
    else:
        words = (*first, "sent", "delivered")
    return words[::-1] if fate.hits("shuffle_share") else words


def _dressed(body: dict[str, Any], faults: Faults) -> dict[str, Any]:
    """The body in the spelling that the faults ask for."""
    ending = "_did" if faults.legacy_names else " " if faults.spaced_keys else ""
    if not ending:
        return body
    return {f"{name}{ending}" if name in ("from", "to") else name: value for name, value in body.items()}


def _call_later(wait_ms: float, then: Then) -> None:
    loop = asyncio.get_running_loop()
    if wait_ms > 0:
        loop.call_later(wait_ms / 1000, then)
    else:
        loop.call_soon(then)
