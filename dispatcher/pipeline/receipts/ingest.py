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
from dispatcher.ledger.receipts.callback_stream import Entry
from dispatcher.ledger.receipts.receipts import Bundle as Applied
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.ledger.views.message_locator import MessagePlaces, Place, Where
from dispatcher.model.correlation import MessageRef, read_user_data
from dispatcher.model.receipt import MessageStatus
from dispatcher.pipeline.consent.inbound import keep
from dispatcher.pipeline.receipts.status_mapping import receipts_of, state_of
from dispatcher.pipeline.runtime.runtime import Runtime

log = logging.getLogger(__name__)

MOST_AT_ONCE = 500


@dataclass
class Bundle:
    """What one batch gets in one step."""

    receipts: list[Receipt] = field(default_factory=list)
    entries: list[bytes] = field(default_factory=list)
    has_group: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """A callback that was read: an outbound message's status, and which of our messages it speaks of, if known."""

    entry: Entry
    status: MessageStatus
    ref: MessageRef | None


class Drained(NamedTuple):
    """What one drain brought in; as text the one line for Flower."""

    callbacks: int
    rows: int

    def with_more(self, more: Drained) -> Drained:
        """Both together."""
        return Drained(self.callbacks + more.callbacks, self.rows + more.rows)

    def __str__(self) -> str:
        return f"{self.callbacks} callbacks, {self.rows} rows changed"


def ingest(runtime: Runtime, consumer: str, *, rounds: int = 100) -> str:
    """Drain the inbox until it is empty, for at most `rounds` rounds. Answers one line."""
    return str(drain(runtime, consumer, rounds=rounds))


def drain(
    runtime: Runtime, consumer: str, *, rounds: int = 100, before_each: Callable[[], None] = lambda: None
) -> Drained:
    """The same, in numbers; `before_each` round something is done."""
    total = changed = 0
    places = runtime.places
    for _ in range(rounds):
        before_each()
        entries = runtime.ledger.callback_stream.take(consumer, MOST_AT_ONCE)
        if not entries:
            break
        total += len(entries)
        changed += _apply_or_set_aside(runtime, places, entries)
    runtime.ledger.counters.add(runtime.tally.take())
    return Drained(total, changed)


def _apply_or_set_aside(runtime: Runtime, places: MessagePlaces, entries: list[Entry]) -> int:
    """Apply all; should one defeat us, each by itself, and that one is set aside: it may hold up no other."""
    try:
        return ingest_entries(runtime, places, entries)
    except MmsError:
        raise
    except Exception as error:
        if len(entries) > 1:
            return sum(_apply_or_set_aside(runtime, places, [entry]) for entry in entries)
        log.warning("a callback was set aside: %s", type(error).__name__)
        runtime.ledger.receipts.alarm("set_aside")
        runtime.tally.count("callbacks", "set_aside")
        runtime.ledger.callback_stream.set_aside(entries[0])
        return 0


def ingest_entries(runtime: Runtime, places: MessagePlaces, entries: Iterable[Entry]) -> int:
    """Apply these entries; each is acknowledged in the step that applies it. Answers the rows that changed."""
    heard, done = _read(runtime, entries)
    bundles: dict[tuple[str, int], Bundle] = defaultdict(Bundle)
    wanted = _wanted(runtime, heard)
    for each, where, place in zip(heard, wanted, places.find(wanted), strict=True):
        if place is None:
            done += _without_place(runtime, each, where)
            continue
        receipts = receipts_of(each.status, place, each.ref.attempt if each.ref else 0)
        if not receipts:
            _denied(runtime, "receipt_for_a_stranger")
            done.append(each.entry.id)
            continue
        _keep_odd_word(runtime, each.status, place, receipts)
        bundle = bundles[place.campaign, place.batch]
        bundle.receipts += receipts
        bundle.entries.append(each.entry.id)
        bundle.has_group = bundle.has_group or len(place.rows) > 1
    runtime.ledger.callback_stream.acknowledge(done)
    runtime.tally.count("callbacks", "applied", sum(len(bundle.entries) for bundle in bundles.values()))
    return runtime.ledger.receipts.apply_many(
        [
            Applied(
                campaign,
                batch,
                list(dict.fromkeys(bundle.receipts)),
                bundle.entries,
                _grace_ms(runtime) if bundle.has_group else 0,
            )
            for (campaign, batch), bundle in bundles.items()
        ]
    )


def _read(runtime: Runtime, entries: Iterable[Entry]) -> tuple[list[Heard], list[bytes]]:
    """The outbound statuses among the entries, and the ids of entries that are done with."""
    heard: list[Heard] = []
    done: list[bytes] = []
    for entry in entries:
        status = _status(entry)
        if status is None:
            runtime.ledger.dead_letters.bury(entry.raw, entry.at_ms, entry.id)
            runtime.tally.count("callbacks", "unreadable_callback")
        elif status.direction == "inbound":
            keep(runtime, entry, status)
            runtime.tally.count("callbacks", "inbound")
        else:
            heard.append(Heard(entry, status, read_user_data(status.user_data, runtime.secrets)))
    return _vouched(runtime, heard), done


def _vouched(runtime: Runtime, heard: list[Heard]) -> list[Heard]:
    """Before a mark is not ours, the secrets are read again, once for all of these: a newer one may have written it."""
    if not any(each.ref is None and each.status.user_data for each in heard):
        return heard
    runtime.learn_secrets()
    return [
        replace(each, ref=each.ref or read_user_data(each.status.user_data, runtime.secrets))
        for each in heard
    ]


def _status(entry: Entry) -> MessageStatus | None:
    try:
        return read_callback(entry.raw)
    except UnreadableCallbackError:
        return None


def _wanted(runtime: Runtime, heard: list[Heard]) -> list[Where | None]:
    """Where each belongs: by the MAC in its `user_data`; without `user_data` by its sid."""
    unmarked = [each.status.message_sid for each in heard if each.ref is None and not each.status.user_data]
    by_sid = dict(zip(unmarked, runtime.ledger.receipts.find(unmarked), strict=True))
    wanted: list[Where | None] = []
    for each in heard:
        if each.ref is not None:
            wanted.append((each.ref.campaign, each.ref.batch, each.ref.message))
        elif each.status.user_data:
            wanted.append(None)
        else:
            wanted.append(by_sid[each.status.message_sid])
    return wanted


def _without_place(runtime: Runtime, each: Heard, where: Where | None) -> list[bytes]:
    """A false MAC changes nothing, nor does a word about what was erased; a sid not known yet waits a day."""
    if where is not None:
        _denied(runtime, "receipt_for_the_erased")
        return [each.entry.id]
    if each.status.user_data:
        _denied(runtime, "user_data_not_ours")
        return [each.entry.id]
    runtime.ledger.callback_stream.keep_orphan(each.entry, pack_sid(each.status.message_sid).hashed)
    runtime.tally.count("callbacks", "early")
    return []


def _denied(runtime: Runtime, why: str) -> None:
    """A callback that changes nothing."""
    runtime.ledger.receipts.alarm(why)
    runtime.tally.count("callbacks", why)


def _keep_odd_word(runtime: Runtime, status: MessageStatus, place: Place, receipts: list[Receipt]) -> None:
    if state_of(status.status) is None:
        runtime.ledger.receipts.keep_word(place.campaign, place.batch, receipts[0].row, status.status)


def _grace_ms(runtime: Runtime) -> int:
    """After how long silent group members are looked after; 0 when each is reported by itself."""
    known = runtime.settings.group_receipts
    if known == "auto":
        known = "member" if runtime.ledger.receipts.learned("group_receipts") == "member" else "message"
    return 0 if known == "member" else int(runtime.settings.group_grace * 1000)
