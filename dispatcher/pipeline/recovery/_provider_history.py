"""What CarrierX shows of the time since a copy of the ledger was made: what was sent, and who asked for no more."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from dispatcher.carrierx.pagination import ListPage
from dispatcher.errors import ApiError, ConfigError, Refused
from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.ledger.installation.recovery import Control
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.ledger.views.message_locator import MessageLocator
from dispatcher.model.correlation import MessageRef, read_user_data
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.consent.inbound import SOURCE
from dispatcher.pipeline.polling.turns import wait_for_turn
from dispatcher.pipeline.receipts.status_mapping import receipts_of
from dispatcher.pipeline.recovery._frequency_caps import HistoryMessage, count_for_caps
from dispatcher.pipeline.recovery.quarantine_lookup import is_quarantined
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.rules.keywords import Meaning, meaning_of

#: CarrierX's clock is its own: it is read back this far before the copy.
SLACK_MS = 600_000
PAGES = 2_000
_DIGITS = 11
#: Newest first, so that reading may end at the copy's time; without an order everything is read.
_ORDERS = ("date_created desc", "")


@dataclass
class ProviderHistory:
    """`sent` are ours by their MAC, the newest first. `unread` says why the list cannot be believed to be whole.
    `again`: that may be otherwise in a while. `inbound`: it is known to show what people send to us."""

    sent: list[tuple[MessageRef, MessageStatus]] = field(default_factory=list, repr=False)
    stops: list[OptOut] = field(default_factory=list, repr=False)
    seen: int = 0
    inbound: bool = False
    again: bool = False
    unread: str = ""


def read_history(runtime: Runtime, since_ms: int) -> ProviderHistory:
    """Read CarrierX's list of messages back to the time of the copy, under the rate of status requests.

    Nothing is filtered there: a filter that is misunderstood shows nothing, and that would pass for "nobody asked".
    """
    history = ProviderHistory()
    try:
        for status in _messages(runtime, since_ms - SLACK_MS):
            _take_in(runtime, history, status)
        history.inbound = history.inbound or _shows_inbound(runtime)
    except Refused as error:
        history.unread = error.message
    except (ApiError, ConfigError) as error:
        history.unread, history.again = error.message, True
    except _TooLongError:
        history.unread = f"its list does not end within {PAGES} pages"
    if not history.unread and not history.seen and runtime.ledger.campaigns.ids():
        history.unread = "its list is empty"
    return history


def apply_history(runtime: Runtime, history: ProviderHistory, began_ms: int) -> tuple[int, dict[str, int]]:
    """What CarrierX shows reaches its rows. Answers how many quarantined rows were found, and how many messages are of
    campaigns that this ledger does not know. The newest that it had forgotten is kept: by it later looks prove
    themselves."""
    known, unknown = set(runtime.ledger.campaigns.ids()), Counter[str]()
    went, now_ms = list[HistoryMessage](), runtime.ledger.agenda.now_ms()
    newest: dict[tuple[str, int], dict[int, tuple[MessageRef, MessageStatus]]] = defaultdict(dict)
    for ref, status in history.sent:
        if ref.campaign not in known:
            unknown[ref.campaign] += 1
            went.append(HistoryMessage(ref, status, None, _created_ms(status) or now_ms))
            continue
        of_batch = newest[ref.campaign, ref.batch]
        if ref.message not in of_batch or of_batch[ref.message][0].attempt < ref.attempt:
            of_batch[ref.message] = ref, status
    locator, has_control = MessageLocator(runtime.ledger), False
    quarantined = _unconfirmed(runtime, newest)
    for (campaign_id, number), messages in newest.items():
        has_control = has_control or _keep_control(runtime, campaign_id, number, messages, began_ms)
        found = locator.find([(campaign_id, number, message) for message in messages])
        told: list[Receipt] = []
        for location, (ref, status) in zip(found, messages.values(), strict=True):
            if location:
                went.append(HistoryMessage(ref, status, location, _created_ms(status) or now_ms))
                told += [
                    replace(each, went_ms=went[-1].at_ms)
                    for each in receipts_of(status, location, ref.attempt)
                ]
        if told:
            runtime.ledger.receipts.apply(campaign_id, number, told, [], grace_ms=0)
    count_for_caps(runtime, went)
    return max(0, quarantined - _unconfirmed(runtime, newest)), dict(unknown)


def _unconfirmed(runtime: Runtime, batches: Iterable[tuple[str, int]]) -> int:
    campaigns = {campaign_id for campaign_id, _ in batches}
    return sum(runtime.ledger.campaign(name).counts[RecipientState.UNCONFIRMED] for name in campaigns)


def _keep_control(
    runtime: Runtime, campaign_id: str, number: int, messages: Iterable[int], began_ms: int
) -> bool:
    """Remember the first of these that is quarantined here: CarrierX took it since the copy. False: none is."""
    picture = runtime.ledger.batches.picture(campaign_id, number)
    if picture is None:
        return False
    for message in messages:
        members = picture.batch.messages[message].members
        if any(is_quarantined(picture.states[row]) for row in members):
            runtime.ledger.recovery.set_control(Control(began_ms, campaign_id, number, message))
            return True
    return False


class _TooLongError(Exception):
    """There are more pages than anybody has."""


def _messages(runtime: Runtime, oldest_ms: int) -> Iterator[MessageStatus]:
    order, page = _first_page(runtime)
    for _ in range(PAGES):
        yield from page.items
        passed = order and page.items and all(_is_before(status, oldest_ms) for status in page.items)
        if passed or not page.has_more:
            return
        wait_for_turn(runtime, "gap")
        page = runtime.carrierx.list_messages(order=order, offset=page.next_offset)
    raise _TooLongError


def _first_page(runtime: Runtime) -> tuple[str, ListPage[MessageStatus]]:
    """In the first order that CarrierX does not refuse."""
    for order in _ORDERS:
        wait_for_turn(runtime, "gap")
        try:
            return order, runtime.carrierx.list_messages(order=order)
        except Refused:
            if not order:
                raise
    raise AssertionError("the last order is none")


def _take_in(runtime: Runtime, history: ProviderHistory, status: MessageStatus) -> None:
    history.seen += 1
    if status.direction == "inbound":
        history.inbound = True
        if len(status.sender or "") == _DIGITS and meaning_of(status.text) is Meaning.STOP:
            history.stops.append(OptOut(status.sender or "", "out", _created_ms(status) or 0, SOURCE))
        return
    ref = read_user_data(status.user_data, runtime.secrets)
    if ref is not None:
        history.sent.append((ref, status))


def _shows_inbound(runtime: Runtime) -> bool:
    """Whether there is any inbound message in it, however old."""
    wait_for_turn(runtime, "gap")
    try:
        page = runtime.carrierx.list_messages(filter="direction eq inbound", limit=10)
    except Refused:
        return False
    return any(status.direction == "inbound" for status in page.items)


def _is_before(status: MessageStatus, oldest_ms: int) -> bool:
    created_ms = _created_ms(status)
    return created_ms is not None and created_ms < oldest_ms


def _created_ms(status: MessageStatus) -> int | None:
    try:
        moment = datetime.fromisoformat(status.date_created or "")
    except ValueError:
        return None
    return int(moment.timestamp() * 1000) if moment.tzinfo else None
