"""Nothing personal is kept longer than needed: ended campaigns are erased after a while, and anybody when they ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from dispatcher.errors import Conflict, NotFound
from dispatcher.ledger.batches.packing import Batch, BatchRow, unpack_batch
from dispatcher.ledger.batches.rows import pack_sid, sid_text
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.views.recipient_pages import RecipientPages
from dispatcher.model.recipient import InvalidRow
from dispatcher.pipeline.consent._stored_files import forget_in_files
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.settings import Settings

_BATCHES_AT_ONCE = 50
#: Campaigns erased in one round; the next one goes on.
_CAMPAIGNS_A_ROUND = 50
#: Records ended in one round.
_RECORDS_A_ROUND = 1000
ROUND_MS = 600_000
_DAY_MS = 86_400_000


class Forgotten(NamedTuple):
    """What was erased of one person. `waiting`: campaigns and schedules whose file could not be rid of them now."""

    rows: int
    inbound: int
    waiting: tuple[str, ...]


def retain(runtime: Runtime, now_ms: int) -> int:
    """Erase what is older than the retention; answers how many campaigns. Acts once in ten minutes."""
    if not runtime.ledger.agenda.latch(keys.TURN_RETENTION, ROUND_MS):
        return 0
    ledger, before_ms = runtime.ledger, now_ms - int(runtime.settings.retention * _DAY_MS)
    old = ledger.erasure.ended_before(before_ms, _CAMPAIGNS_A_ROUND)
    for campaign_id in old:
        erase_campaign(ledger, campaign_id)
    drafts = ledger.erasure.drafts_before(before_ms, _CAMPAIGNS_A_ROUND)
    for campaign_id in drafts:
        with suppress(Conflict, NotFound):  # somebody sends it, or throws it away, at this moment
            ledger.campaigns.discard(campaign_id)
    ledger.inbound.forget(ledger.inbound.before(before_ms))
    ledger.dead_letters.erase_before(before_ms)
    end_records(ledger, before_ms - int(runtime.settings.records * _DAY_MS))
    return len(old) + len(drafts)


def end_records(ledger: Ledger, before_ms: int) -> int:
    """Counts and times of erased campaigns that were over before then are gone too; answers of how many."""
    old = ledger.erasure.erased_before(before_ms, _RECORDS_A_ROUND)
    return sum(map(ledger.erasure.prune, old))


def erase_campaign(ledger: Ledger, campaign_id: str) -> None:
    """Erase numbers, texts and the file's columns of a campaign that is settled; counts and times stay. Of what we
    answered by ourselves nothing does.

    Raises:
        NotFound, Conflict: there is none, or it is not settled.
    """
    settings = ledger.campaigns.settings_of(campaign_id)
    bare = settings.model_copy(update={"message": None, "media_urls": (), "senders": ()})
    numbers = ledger.campaigns.batch_numbers(campaign_id)
    ledger.erasure.erase_batches(campaign_id, bare, 0, 0, [])
    for first in range(0, len(numbers), _BATCHES_AT_ONCE):
        some = numbers[first : first + _BATCHES_AT_ONCE]
        hashes = [*_sid_hashes(ledger, campaign_id, some), *ledger.erasure.stale_sids(campaign_id)]
        ledger.erasure.erase_batches(campaign_id, bare, first, len(some), hashes)
    if ledger.erasure.is_answer(campaign_id):
        ledger.erasure.prune(campaign_id)


def _sid_hashes(ledger: Ledger, campaign_id: str, numbers: range) -> Iterator[bytes]:
    long_sids = ledger.campaigns.long_sids(campaign_id)
    for number in numbers:
        picture = ledger.batches.picture(campaign_id, number)
        if picture is None:
            continue
        for index, message in enumerate(picture.batch.messages):
            sids = {sid_text(picture.states[row], long_sids, number, index) for row in message.members}
            yield from (pack_sid(sid).hashed for sid in sids if sid)


def forget(ledger: Ledger, number: str, config: Settings) -> Forgotten:
    """Erase one person's number, columns and texts everywhere, in the files of drafts and schedules too; what is unsent
    to them is not sent. That they opted out
    stays known, or they would get messages again.

    Raises:
        Conflict: a message to them is on its way; try again in a moment.
    """
    rows = 0
    for campaign_id in ledger.campaigns.ids():
        for batch, holds in RecipientPages(ledger, campaign_id).holding(number):
            rows += _forget_in_batch(ledger, campaign_id, batch, number) if holds else 0
    messages = ledger.inbound.of_number(number)
    ledger.inbound.forget([message.sid for message in messages])
    ledger.erasure.forget_number(number)
    ledger.dead_letters.forget(number)
    files = forget_in_files(ledger, number, config)
    return Forgotten(rows + files.rows, len(messages), (*ledger.agenda.reading(), *files.waiting))


def _forget_in_batch(ledger: Ledger, campaign_id: str, batch: int, number: str) -> int:
    while (packed := ledger.erasure.packed(campaign_id, batch)) is not None:
        content = unpack_batch(packed)
        rows = [index for index, row in enumerate(content.rows) if row.number == number]
        if not rows:
            return 0
        answer = ledger.erasure.replace_batch(campaign_id, batch, packed, _without(content, set(rows)), rows)
        if answer == "ok":
            return len(rows)
        if answer == "sending":
            raise Conflict("a message to this person is on its way", hint="try again in a moment")
    return 0


def _without(batch: Batch, gone: set[int]) -> Batch:
    """The batch without what the file said of these rows, and without texts that were for them alone."""
    rows = tuple(_blank(row) if index in gone else row for index, row in enumerate(batch.rows))
    messages = tuple(
        message._replace(text=None, media=()) if gone.issuperset(message.members) else message
        for message in batch.messages
    )
    return Batch(rows, messages)


def _blank(row: BatchRow | InvalidRow) -> BatchRow | InvalidRow:
    cells = ("",) * len(row.cells)
    if isinstance(row, InvalidRow):
        return row._replace(number=None, cells=cells)
    return row._replace(number="", timezone=None, cells=cells)
