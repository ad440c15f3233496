"""What the simulator took: its messages, their state, and the count of what it was asked."""

from __future__ import annotations

import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dispatcher.model.timestamps import utc_text
from dispatcher.simulator.seeded_random import carrier_of
from dispatcher.simulator.validation import SAID_LEGACY, group_of, legacy_names

PARTNER_SID = "66352290-bd20-4ed0-a403-8c00792f15b8"
_RANK = {"queued": 1, "sent": 2, "failed": 3, "delivered": 4}


def carrierx_time(moment: float) -> str:
    """A Unix time as CarrierX writes it: UTC with milliseconds and `Z`."""
    return utc_text(int(moment * 1000))


@dataclass(slots=True)
class TakenMessage:
    """One message that was taken. Times are Unix seconds."""

    sid: str
    sender: str
    to: tuple[str, ...]
    group: bool
    message: str | None
    media_urls: tuple[str, ...]
    user_data: str | None
    created: float
    legacy: bool = False
    status: str = "queued"
    changed: float | None = None
    words: dict[str, str] = field(default_factory=dict)

    @property
    def is_mms(self) -> bool:
        return self.group or bool(self.media_urls)

    def move(self, word: str, member: str) -> None:
        """The message, and this member of it, came this far; never backwards."""
        if _RANK[word] > _RANK.get(self.words.get(member, "queued"), 0):
            self.words[member] = word
        if _RANK[word] > _RANK[self.status]:
            self.status, self.changed = word, time.time()

    def body(self, word: str | None = None, member: str | None = None) -> dict[str, Any]:
        """CarrierX's SMS object: as it stands, or as a callback with this word for this member tells it."""
        settled = (word or self.status) != "queued"
        text = self.message or ""
        mcc, mnc = carrier_of(member or self.to[-1])
        body = {
            "date_changed": carrierx_time(self.changed or self.created),
            "date_created": carrierx_time(self.created),
            "date_status_changed": carrierx_time(self.changed) if self.changed else None,
            "direction": "outbound",
            "from": self.sender,
            "group_recipients": list(self.to) if self.group else [],
            "mcc": mcc if settled else None,
            "media_urls": list(self.media_urls),
            "message": self.message,
            "message_segments": 1 if self.is_mms else max(1, -(-len(text) // 160)),
            "message_sid": self.sid,
            "mnc": mnc if settled else None,
            "partner_sid": PARTNER_SID,
            "price": f"{0.01 * len(self.to):.2f}" if settled else None,
            "status": word or self.status,
            "to": member or self.to[-1],
            "type": "mms" if self.is_mms else "sms",
            "user_data": self.user_data,
        }
        return legacy_names(body) if self.legacy else body


class Store:
    """All messages in the order they were taken."""

    def __init__(self) -> None:
        self.callbacks: Counter[str] = Counter()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.messages: dict[str, TakenMessage] = {}
        self.inbound: dict[str, dict[str, Any]] = {}
        self.by_user_data: defaultdict[str, list[TakenMessage]] = defaultdict(list)
        self.tries: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        # What is on its way stays on its way.
        self.callbacks = Counter(pending=self.callbacks["pending"])

    def take(self, body: dict[str, Any]) -> TakenMessage:
        """Keep a checked POST's message."""
        group = group_of(body)
        taken = TakenMessage(
            sid=str(uuid.uuid4()),
            sender=body["from"],
            to=group or (body["to"],),
            group=bool(group),
            message=body.get("message"),
            media_urls=tuple(body.get("media_urls") or ()),
            user_data=body.get("user_data"),
            created=time.time(),
            legacy=SAID_LEGACY in body,
        )
        self.messages[taken.sid] = taken
        self.by_user_data[taken.user_data or ""].append(taken)
        return taken

    def visible(self, lag_ms: float, user_data: str | None = None) -> Iterator[TakenMessage]:
        """The messages that are older than the lag, all or those with this `user_data`."""
        newest = time.time() - lag_ms / 1000
        among = self.messages.values() if user_data is None else self.by_user_data.get(user_data, [])
        return (taken for taken in among if taken.created <= newest)

    def received(self, *, messages: bool) -> dict[str, Any]:
        """What was taken: how often each number for each `user_data`, on request the messages themselves."""
        numbers: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for taken in self.messages.values():
            for number in taken.to:
                numbers[number][taken.user_data or ""] += 1
        return {
            "taken": len(self.messages),
            "answers": dict(self.answers),
            "callbacks": dict(self.callbacks),
            "numbers": numbers,
            "messages": [_summary(taken) for taken in self.messages.values()] if messages else [],
        }


def _summary(taken: TakenMessage) -> dict[str, Any]:
    return {
        "message_sid": taken.sid,
        "from": taken.sender,
        "to": taken.to,
        "message": taken.message,
        "media_urls": taken.media_urls,
        "user_data": taken.user_data,
        "status": taken.status,
        "words": taken.words,
        "created": taken.created,
    }
