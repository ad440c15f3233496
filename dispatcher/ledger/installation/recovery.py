"""A ledger that was put back from an older copy: how that is known, and what is done before anything is sent again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.ledger_id import ledger_id
from dispatcher.ledger.store.scripts import Scripts

#: How it is known: fewer ticks than somebody remembers; fewer claims, or a shorter file; the data folder is a copy; a
#: person said so; `mms restore` put it there, or was ended before the whole was there.
Why = Literal["older", "cut", "copied", "told", "put back", "half"]


class Restored(NamedTuple):
    """Nothing is claimed until it is recovered. Times in ms; `since` is when the copy was made, or a little before."""

    why: Why
    at_ms: int
    since_ms: int


class Control(NamedTuple):
    """A message that CarrierX showed in the recovery that began then (ms), although this ledger had forgotten it."""

    began_ms: int
    campaign: str
    batch: int
    message: int


class HistoryReading(NamedTuple):
    """The last look at CarrierX's whole list since the copy of `since_ms`, in the recovery that began then. `whole`: it
    showed everything that CarrierX had taken up to `at_ms`."""

    began_ms: int
    since_ms: int
    at_ms: int
    whole: bool


class Recovery:
    """Ticks are counted here and remembered outside: who remembers more than are counted looks at an older copy."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def id(self) -> str:
        """The ledger's own name, made once: what is remembered of another ledger is nothing to this one."""
        return ledger_id(self._redis)

    def ticked(self, remembered: int, *, once_in_ms: int = 0) -> tuple[int, bool] | None:
        """Count a tick. Answers how many there were, and whether nothing is claimed until the ledger is recovered;
        None: somebody else ticked in the last `once_in_ms`.

        Safe to repeat: a tick too many does no harm. `remembered` is the most that the caller knows of.
        """
        (answer,) = self._scripts.run_many([("recovery/count_tick", (remembered, once_in_ms))])
        return (int(answer[0]), bool(answer[1])) if answer else None

    def ticked_at(self) -> int | None:
        """When the last tick was counted, ms by this Redis's clock; None: none ever was."""
        with translated():
            found = self._redis.hget(keys.TICKS, "at")
        return None if found is None else int(found)

    def anchor(self) -> str:
        """What the data folder's anchor looked like when it was written down; empty: it was not."""
        with translated():
            return text_of(self._redis.hget(keys.TICKS, "anchor") or b"")

    def set_anchor(self, text: str) -> None:
        """Write down what the data folder's anchor looks like."""
        with translated():
            self._redis.hset(keys.TICKS, "anchor", text)

    def mark(self, why: Why, since_ms: int = 0) -> None:
        """From now on nothing is claimed until the ledger is recovered; one that waits already stays as it is."""
        self._scripts.run("recovery/mark_restored", why, since_ms or "")

    def begin_restore(self, since_ms: int) -> None:
        """A copy of that time is written from now on: nothing is claimed, and nobody may recover what is half there."""
        seconds, micros = self._now()
        at_ms = seconds * 1000 + micros // 1000
        with translated():
            self._redis.hset(keys.RESTORED, mapping={"why": "half", "at": at_ms, "since": since_ms})

    def end_restore(self) -> None:
        """The whole is there: it waits for its recovery."""
        with translated():
            self._redis.hset(keys.RESTORED, "why", "put back")

    def _now(self) -> tuple[int, int]:
        with translated():
            seconds, micros = self._redis.time()
        return int(seconds), int(micros)

    def restored(self) -> Restored | None:
        """Whether the ledger waits for its recovery."""
        with translated():
            why, at, since = self._redis.hmget(keys.RESTORED, ("why", "at", "since"))
        if why is None:
            return None
        return Restored(text_of(why), int(at or 0), int(since or 0))  # type: ignore[arg-type]

    def begin(self, now_ms: int) -> int:
        """When this recovery began, ms: the first time that somebody asked."""
        with translated():
            self._redis.hsetnx(keys.RESTORED, "recovering", now_ms)
            began: Any = self._redis.hget(keys.RESTORED, "recovering")
        return int(began or now_ms)

    def recovered(self, began_ms: int) -> bool:
        """Claims may be made again; False: they might already."""
        return bool(self._scripts.run("recovery/finish_recovery", began_ms) == b"ok")

    def recovered_at(self) -> int:
        """When the last recovery began, ms; 0: there was none."""
        with translated():
            return int(self._redis.hget(keys.TICKS, "recovered_at") or 0)

    def quarantine(self, campaign_id: str, began_ms: int, *, early: bool = False) -> str:
        """Nothing of this campaign is claimed until its rows are quarantined: `doubt`; else `later` (its start is to
        come) or the state in which nothing is sent. `early`: it may have been sent before its start."""
        return text_of(self._scripts.run("recovery/quarantine", campaign_id, began_ms, int(early)))

    def quarantined(self) -> list[str]:
        """Campaigns that are still to be gone through."""
        with translated():
            return sorted(text_of(name) for name in self._redis.smembers(keys.QUARANTINE))

    def quarantine_cursor(self, campaign_id: str) -> int:
        """The batch from which on a campaign is still to be gone through."""
        with translated():
            return int(self._redis.hget(keys.campaign(campaign_id), "doubted") or 0)

    def quarantine_batch(
        self, campaign_id: str, number: int, rows: Sequence[int], *, look_ms: int, reason: str
    ) -> int:
        """What is unfinished in a batch is unconfirmed from now on; answers how many rows became so, -1 if the
        campaign is quarantined no more."""
        return int(
            self._scripts.run("recovery/quarantine_batch", campaign_id, number, look_ms, reason, *rows)
        )

    def end_quarantine(self, campaign_id: str) -> str:
        """All its batches were gone through: `ok`; or `reading`, `more`: not yet."""
        return text_of(self._scripts.run("recovery/end_quarantine", campaign_id))

    def set_control(self, control: Control) -> None:
        """Remember a message that CarrierX's list showed."""
        with translated():
            self._redis.hset(keys.TICKS, "control", " ".join(map(str, control)))

    def control(self) -> Control | None:
        """That message, if there is one."""
        with translated():
            found = self._redis.hget(keys.TICKS, "control")
        if found is None:
            return None
        began_ms, campaign_id, batch, message = text_of(found).split(" ")
        return Control(int(began_ms), campaign_id, int(batch), int(message))

    def set_history_reading(self, reading: HistoryReading) -> None:
        """Remember how CarrierX's whole list was read last."""
        with translated():
            self._redis.hset(keys.TICKS, "reading", " ".join(str(int(part)) for part in reading))

    def history_reading(self) -> HistoryReading | None:
        """How it was read last, if it ever was."""
        with translated():
            found = self._redis.hget(keys.TICKS, "reading")
        if found is None:
            return None
        began_ms, since_ms, at_ms, whole = map(int, text_of(found).split(" "))
        return HistoryReading(began_ms, since_ms, at_ms, bool(whole))

    def count_for_caps(self, counted: Iterable[tuple[str, str, int]], span_ms: int) -> None:
        """What went counts for frequency caps of this span: number, `id.batch.row`, when (ms). May be repeated."""
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            for number, name, at_ms in counted:
                pipeline.zadd(keys.cap(number), {name: at_ms}, gt=True)
                pipeline.pexpire(keys.cap(number), span_ms)
            pipeline.execute()

    def answers(self) -> list[str]:
        """What we answered by ourselves, ended or not, as campaigns."""
        with translated():
            return [text_of(name) for name in self._redis.zrange(keys.ANSWERS, 0, -1)]

    def drop_answers(self) -> int:
        """Forget which inbound messages an answer would follow from; answers how many."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.zcard(keys.INBOUND_UNANSWERED)
            pipeline.delete(keys.INBOUND_UNANSWERED, keys.OPT_OUTS_OWED)
            return int(pipeline.execute()[0])
