"""Callbacks become receipts, receipts become states: drained in bulk, applied and acknowledged in one script."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from dispatcher.carrierx.webhook import UnreadableCallbackError, read_callback
from dispatcher.errors import MmsError
from dispatcher.ledger.batches.rows import pack_sid
from dispatcher.ledger.receipts.callback_stream import StreamEntry
from dispatcher.ledger.receipts.receipts import BatchReceipts, Receipt
from dispatcher.ledger.views.message_locator import MessageKey, MessageLocation, MessageLocator
from dispatcher.model.correlation import MessageRef, read_user_data
from dispatcher.model.receipt import MessageStatus
from dispatcher.pipeline.consent.inbound import keep
from dispatcher.pipeline.receipts.status_mapping import receipts_of, state_of
from dispatcher.pipeline.runtime.runtime import Runtime

log = logging.getLogger(__name__)

MOST_AT_ONCE = 500


@dataclass
class _Collected:
    """What one batch gets in one step."""

    receipts: list[Receipt] = field(default_factory=list)
    entries: list[bytes] = field(default_factory=list)
    has_group: bool = False


@dataclass(frozen=True, slots=True)
class StatusCallback:
    """A callback that was read: an outbound message's status, and which of our messages it speaks of, if known."""

    entry: StreamEntry
    status: MessageStatus
    ref: MessageRef | None


class DrainResult(NamedTuple):
    """What one drain brought in; as text the one line for Flower."""

    callbacks: int
    rows: int

    def with_more(self, more: DrainResult) -> DrainResult:
        """Both together."""
        return DrainResult(self.callbacks + more.callbacks, self.rows + more.rows)

    def __str__(self) -> str:
        return f"{self.callbacks} callbacks, {self.rows} rows changed"


def ingest(runtime: Runtime, consumer: str, *, rounds: int = 100) -> str:
    """Drain the inbox until it is empty, for at most `rounds` rounds. Answers one line."""
    return str(drain(runtime, consumer, rounds=rounds))


def drain(
    runtime: Runtime, consumer: str, *, rounds: int = 100, before_each: Callable[[], None] = lambda: None
) -> DrainResult:
    """The same, in numbers; `before_each` round something is done. No round is begun when the worker is to stop."""
    total = changed = 0
    locator = runtime.message_locator
    for _ in range(rounds):
        if runtime.is_stopping():
            break
        before_each()
        entries = runtime.ledger.callback_stream.take(consumer, MOST_AT_ONCE)
        if not entries:
            break
        total += len(entries)
        changed += _apply_or_bury(runtime, locator, entries)
    runtime.ledger.counters.add(runtime.counters.take())
    return DrainResult(total, changed)


def _apply_or_bury(runtime: Runtime, locator: MessageLocator, entries: list[StreamEntry]) -> int:
    """Apply all; should one defeat us, each by itself, and that one is set aside: it may hold up no other."""
    try:
        return ingest_entries(runtime, locator, entries)
    except MmsError:
        raise
    except Exception as error:
        if len(entries) > 1:
            return sum(_apply_or_bury(runtime, locator, [entry]) for entry in entries)
        log.warning("a callback was set aside: %s", type(error).__name__)
        runtime.ledger.receipts.alarm("set_aside")
        runtime.counters.count("callbacks", "set_aside")
        runtime.ledger.callback_stream.move_to_dead_letters(entries[0])
        return 0


def ingest_entries(runtime: Runtime, locator: MessageLocator, entries: Iterable[StreamEntry]) -> int:
    """Apply these entries; each is acknowledged in the step that applies it. Answers the rows that changed."""
    callbacks, done = _read(runtime, entries)
    collected: dict[tuple[str, int], _Collected] = defaultdict(_Collected)
    wanted = _keys_of(runtime, callbacks)
    for each, key, location in zip(callbacks, wanted, locator.find(wanted), strict=True):
        if location is None:
            done += _not_located(runtime, each, key)
            continue
        receipts = receipts_of(each.status, location, each.ref.attempt if each.ref else 0)
        if not receipts:
            _denied(runtime, "receipt_for_a_stranger")
            done.append(each.entry.id)
            continue
        _keep_odd_word(runtime, each.status, location, receipts)
        of_batch = collected[location.campaign, location.batch]
        of_batch.receipts += receipts
        of_batch.entries.append(each.entry.id)
        of_batch.has_group = of_batch.has_group or len(location.rows) > 1
    runtime.ledger.callback_stream.acknowledge(done)
    runtime.counters.count(
        "callbacks", "applied", sum(len(of_batch.entries) for of_batch in collected.values())
    )
    return runtime.ledger.receipts.apply_many(
        [
            BatchReceipts(
                campaign,
                batch,
                list(dict.fromkeys(of_batch.receipts)),
                of_batch.entries,
                _grace_ms(runtime) if of_batch.has_group else 0,
            )
            for (campaign, batch), of_batch in collected.items()
        ]
    )


def _read(runtime: Runtime, entries: Iterable[StreamEntry]) -> tuple[list[StatusCallback], list[bytes]]:
    """The outbound statuses among the entries, and the ids of entries that are done with."""
    callbacks: list[StatusCallback] = []
    done: list[bytes] = []
    for entry in entries:
        status = _status(entry)
        if status is None:
            runtime.ledger.dead_letters.bury(entry.raw, entry.at_ms, entry.id)
            runtime.counters.count("callbacks", "unreadable_callback")
        elif status.direction == "inbound":
            keep(runtime, entry, status)
            runtime.counters.count("callbacks", "inbound")
        else:
            callbacks.append(StatusCallback(entry, status, read_user_data(status.user_data, runtime.secrets)))
    return _verified(runtime, callbacks), done


def _verified(runtime: Runtime, callbacks: list[StatusCallback]) -> list[StatusCallback]:
    """Before a mark is not ours, the secrets are read again, once for all of these: a newer one may have written it."""
    if not any(each.ref is None and each.status.user_data for each in callbacks):
        return callbacks
    runtime.learn_secrets()
    return [
        replace(each, ref=each.ref or read_user_data(each.status.user_data, runtime.secrets))
        for each in callbacks
    ]


def _status(entry: StreamEntry) -> MessageStatus | None:
    try:
        return read_callback(entry.raw)
    except UnreadableCallbackError:
        return None


def _keys_of(runtime: Runtime, callbacks: list[StatusCallback]) -> list[MessageKey | None]:
    """Where each belongs: by the MAC in its `user_data`; without `user_data` by its sid."""
    unmarked = [
        each.status.message_sid for each in callbacks if each.ref is None and not each.status.user_data
    ]
    by_sid = dict(zip(unmarked, runtime.ledger.receipts.find(unmarked), strict=True))
    wanted: list[MessageKey | None] = []
    for each in callbacks:
        if each.ref is not None:
            wanted.append((each.ref.campaign, each.ref.batch, each.ref.message))
        elif each.status.user_data:
            wanted.append(None)
        else:
            wanted.append(by_sid[each.status.message_sid])
    return wanted


def _not_located(runtime: Runtime, each: StatusCallback, key: MessageKey | None) -> list[bytes]:
    """A false MAC changes nothing, nor does a word about what was erased; a sid not known yet waits a day."""
    if key is not None:
        _denied(runtime, "receipt_for_the_erased")
        return [each.entry.id]
    if each.status.user_data:
        _denied(runtime, "user_data_not_ours")
        return [each.entry.id]
    runtime.ledger.callback_stream.keep_early_receipt(each.entry, pack_sid(each.status.message_sid).hashed)
    runtime.counters.count("callbacks", "early")
    return []


def _denied(runtime: Runtime, why: str) -> None:
    """A callback that changes nothing."""
    runtime.ledger.receipts.alarm(why)
    runtime.counters.count("callbacks", why)


def _keep_odd_word(
    runtime: Runtime, status: MessageStatus, location: MessageLocation, receipts: list[Receipt]
) -> None:
    if state_of(status.status) is None:
        runtime.ledger.receipts.keep_word(location.campaign, location.batch, receipts[0].row, status.status)


def _grace_ms(runtime: Runtime) -> int:
    """After how long silent group members are looked after; 0 when each is reported by itself."""
    known = runtime.settings.group_receipts
    if known == "auto":
        known = "member" if runtime.ledger.receipts.learned("group_receipts") == "member" else "message"
    return 0 if known == "member" else int(runtime.settings.group_grace * 1000)
