"""From recipients to messages: one each, or groups by number of rows or by a column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import eq

from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.message import GROUP_MAX, ComposedMessage
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.model.recipient_block import RecipientBlock
from dispatcher.pipeline.expansion._group_spool import GroupSpool
from dispatcher.roster.rejections import row_sentence
from dispatcher.roster.roster import Roster

Row = Recipient | InvalidRow


def form_messages(rows: Iterable[Row], settings: CampaignSettings) -> Iterator[ComposedMessage | InvalidRow]:
    """The messages to send, and the rows that are not sent.

    Order is kept. An invalid row comes out as it comes, before the message that it was read amid. With
    `group_by` the messages follow when all rows are read, each where its last member stood.
    """
    rows = _without_own_number(rows, settings.senders)
    if settings.group_by is not None:
        return _by_column(rows, settings.group_by)
    if settings.group_size is not None:
        return _by_size(rows, settings.group_size)
    return _singles(rows)


def rows_of(roster: Roster, settings: CampaignSettings) -> Iterable[RecipientBlock | Row]:
    """The file's rows, many at a time where every message has one recipient."""
    grouped = settings.group_by is not None or settings.group_size is not None
    return roster if grouped else roster.blocks()


def messages_in_blocks(
    rows: Iterable[RecipientBlock | Row], settings: CampaignSettings
) -> Iterator[RecipientBlock | ComposedMessage | InvalidRow]:
    """The same as `form_messages`, of what `rows_of` gives: a block stands for messages to each of its recipients."""
    own = frozenset(settings.senders)
    if settings.group_by is not None or settings.group_size is not None:
        yield from form_messages((row for row in rows if not isinstance(row, RecipientBlock)), settings)
        return
    for item in rows:
        if not isinstance(item, RecipientBlock):
            yield from form_messages((item,), settings)
        elif own.isdisjoint(item.numbers) and not any(map(eq, item.numbers, item.senders)):
            yield item
        else:
            yield from form_messages(item.recipients(), settings)


def _invalid_row(row: Recipient, column: str | None, code: str, **words: object) -> InvalidRow:
    sentence = row_sentence(code, **words)
    return InvalidRow(row.row, row.line, "invalid", column, code, sentence, row.number, row.cells)


def _message(members: list[Recipient]) -> ComposedMessage:
    first = members[0]
    return ComposedMessage(tuple(members), first.sender, first.text, first.media)


def message_to(row: Recipient) -> ComposedMessage:
    """The message of a recipient who is no member of a group."""
    return ComposedMessage((row,), row.sender, row.text, row.media)


def _without_own_number(rows: Iterable[Row], senders: tuple[str, ...]) -> Iterator[Row]:
    """The rows; a recipient that is its own sender (or one of the pool's, when it names none) is invalid."""
    own = frozenset(senders)
    for row in rows:
        if type(row) is Recipient and (row.number == row.sender if row.sender else row.number in own):
            yield _invalid_row(row, None, "own_number")
        else:
            yield row


def _singles(rows: Iterable[Row]) -> Iterator[ComposedMessage | InvalidRow]:
    for row in rows:
        if type(row) is Recipient:
            yield message_to(row)
        else:
            yield row  # type: ignore[misc]


def _difference(first: Recipient, row: Recipient) -> str | None:
    """What keeps a row out of the group of `first`, if anything."""
    if row.sender != first.sender:
        return "sender"
    if row.text != first.text:
        return "text"
    return None if row.media == first.media else "media"


def _joined(members: list[Recipient], row: Recipient) -> InvalidRow | None:
    """Take a row into a group, or find it invalid because it differs from the group's first."""
    difference = _difference(members[0], row) if members else None
    if difference:
        return _invalid_row(row, None, "group_differs", what=difference, line=members[0].line)
    members.append(row)
    return None


def _by_size(rows: Iterable[Row], size: int) -> Iterator[ComposedMessage | InvalidRow]:
    members: list[Recipient] = []
    for row in rows:
        invalid = row if isinstance(row, InvalidRow) else _joined(members, row)
        if invalid:
            yield invalid
        elif len(members) == size:
            yield _message(members)
            members = []
    if members:
        yield _message(members)


def _by_column(rows: Iterable[Row], column: str) -> Iterator[ComposedMessage | InvalidRow]:
    spool = GroupSpool(largest=GROUP_MAX)
    for row in rows:
        if isinstance(row, InvalidRow):
            yield row
        elif not row.group:
            yield _invalid_row(row, column, "no_group")
        else:
            spool.add(row)
    for members, size in spool.groups():
        if size > GROUP_MAX:
            yield _invalid_row(members[0], column, "group_too_large", members=size, limit=GROUP_MAX)
        else:
            yield from _group(members)


def _group(rows: list[Recipient]) -> Iterator[ComposedMessage | InvalidRow]:
    members: list[Recipient] = []
    for row in rows:
        if invalid := _joined(members, row):
            yield invalid
    yield _message(members)
