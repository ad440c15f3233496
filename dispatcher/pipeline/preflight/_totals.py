"""What a file comes to: its messages and invalid rows counted as they pass, and the first of each kept to be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Literal

from dispatcher.model.message import ComposedMessage
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.model.recipient_block import RecipientBlock
from dispatcher.model.segments import encoding_of, segments, segments_of_all
from dispatcher.pipeline.campaigns.media_check import MediaAnswers
from dispatcher.pipeline.estimates.forecast import Load
from dispatcher.pipeline.expansion.grouping import message_to
from dispatcher.pipeline.preflight._longest import Longest
from dispatcher.pipeline.preflight._problems import Problems
from dispatcher.pipeline.preflight._send_times import SendTimes
from dispatcher.pipeline.preflight._warnings import MediaNotices, TextNotices
from dispatcher.pipeline.preflight.result import Preview

_PREVIEWS = 3


class CheckTotals:
    """Counts messages and invalid rows as they pass."""

    def __init__(
        self,
        opted_out: Callable[[str], bool] | None,
        problems: Problems,
        media: MediaAnswers,
        send_times: SendTimes,
    ) -> None:
        self.send_times = send_times
        self._is_opted_out = opted_out
        self.problems = problems
        self.sendable = self.duplicates = self.no_consent = self.opted_out = self.groups = 0
        self.load = Load()
        self.previews: list[Preview] = []
        self.texts = TextNotices()
        self.longest = Longest()
        self.media = MediaNotices(media.facts, complete=media.complete)

    @property
    def knows_opt_outs(self) -> bool:
        """Whether anybody could tell who opted out."""
        return self._is_opted_out is not None

    @property
    def rows(self) -> int:
        """All rows of the file, each counted once."""
        return self.sendable + self.duplicates + self.no_consent + self.opted_out + self.problems.total

    def add(self, item: RecipientBlock | ComposedMessage | InvalidRow) -> None:
        """Take one message into account, or many of one recipient each, or one row that is not sent."""
        if isinstance(item, RecipientBlock):
            self._accept_block(item)
        elif isinstance(item, InvalidRow):
            self._reject(item)
        else:
            self._accept(item)

    def _reject(self, row: InvalidRow) -> None:
        if row.state == "skipped":
            self.duplicates += row.code == "duplicate"
            self.no_consent += row.code == "no_consent"
            return
        self.problems.add(row)

    def _accept(self, message: ComposedMessage) -> None:
        if self._is_opted_out:
            message = message._replace(members=tuple(self._willing(message, self._is_opted_out)))
        legs = len(message.members)
        if not legs:
            return
        self.sendable += legs
        self.groups += legs > 1
        self.send_times.add(message)
        units = self._add_load(message, legs)
        self.texts.look_at(message, units)
        self.longest.look_at(message, units)
        if message.media:
            self.media.look_at(message.media)
        if len(self.previews) < _PREVIEWS:
            self.previews.append(_preview(message, units))

    def _accept_block(self, block: RecipientBlock) -> None:
        """Many messages of one recipient each. The first of a file are looked at one by one."""
        if len(self.previews) < _PREVIEWS or (self.texts.is_sampling and any(block.texts)):
            for recipient in block.recipients():
                self._accept(message_to(recipient))
            return
        if self._is_opted_out:
            out = list(map(self._is_opted_out, block.numbers))
            if any(out):
                self.opted_out += sum(out)
                block = block.kept([not each for each in out])
        self.sendable += len(block)
        self.send_times.add_block(block)
        units = self._add_block_load(block)
        self.texts.look_at_block(block.texts, block.media, units)
        self.longest.look_at_block(block, units)
        if any(block.media):
            for media, messages in Counter(filter(None, block.media)).items():
                self.media.look_at(media, messages)

    def _add_block_load(self, block: RecipientBlock) -> list[int]:
        load = self.load
        units = segments_of_all([text or "" for text in block.texts])
        if any(block.media):
            units = [1 if media else each for media, each in zip(block.media, units, strict=True)]
            load.mms_messages += (messages := sum(map(bool, block.media)))
            load.mms_legs += messages
            load.sms_segments -= messages
        load.sms_segments += sum(units)
        if not any(block.senders):
            load.by_sender[None] += sum(units)
            return units
        for sender, each in zip(block.senders, units, strict=True):
            load.by_sender[sender] += each
        return units

    def _willing(self, message: ComposedMessage, opted_out: Callable[[str], bool]) -> Iterator[Recipient]:
        for member in message.members:
            if opted_out(member.number):
                self.opted_out += 1
            else:
                yield member

    def _add_load(self, message: ComposedMessage, legs: int) -> int:
        load = self.load
        if legs > 1 or message.media:
            units = legs
            load.mms_messages += 1
            load.mms_legs += legs
        else:
            units = segments(message.text or "")
            load.sms_segments += units
        load.by_sender[message.sender] += units
        return units


def _preview(message: ComposedMessage, units: int) -> Preview:
    first, legs = message.members[0], len(message.members)
    kind: Literal["sms", "mms", "group"] = "group" if legs > 1 else "mms" if message.media else "sms"
    return Preview(
        row=first.row,
        line=first.line,
        recipients=legs,
        kind=kind,
        text=message.text,
        media=message.media,
        segments=units if kind == "sms" else 1,
        encoding=encoding_of(message.text or "") if kind == "sms" else None,
    )
