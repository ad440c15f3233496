"""When the messages of a file may go: how many wait for allowed hours or for their own clock, and until when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from dispatcher.model.message import ComposedMessage
from dispatcher.model.recipient_block import RecipientBlock
from dispatcher.model.timestamps import utc_text
from dispatcher.pipeline.preflight._warnings import Notice
from dispatcher.rules.send_window import SendWindow

#: Recipients of one area code and zone have the same hours; a message's key is the set of its members' localities.
_Locality = tuple[str, str | None]


class Wait(NamedTuple):
    """What is known of the waiting at one moment: `rows` may not go then; the first and the last window to open, ms."""

    rows: int
    first_ms: int
    last_ms: int
    never: int


class SendTimes:
    """Counts recipients by where they are as messages pass; windows are worked out once for each locality."""

    def __init__(self, send_window: SendWindow) -> None:
        self._send_window = send_window
        self._rows: Counter[frozenset[_Locality]] = Counter()
        #: Recipients of messages of their own, an area code standing for itself where no zone is named.
        self._singles: Counter[_Locality | str] = Counter()

    def add(self, message: ComposedMessage) -> None:
        """One message that would be sent."""
        if not self._send_window.is_always_open:
            localities = frozenset((member.number[1:4], member.timezone) for member in message.members)
            self._rows[localities] += len(message.members)

    def add_block(self, block: RecipientBlock) -> None:
        """Many messages of one recipient each."""
        if not self._send_window.is_always_open:
            areas = [number[1:4] for number in block.numbers]
            self._singles.update(zip(areas, block.timezones, strict=True) if any(block.timezones) else areas)

    def _by_localities(self) -> Iterator[tuple[frozenset[_Locality], int]]:
        yield from self._rows.items()
        for single, count in self._singles.items():
            yield frozenset(((single, None) if isinstance(single, str) else single,)), count

    def wait(self, now_ms: int) -> Wait:
        """The waiting at this moment."""
        rows = never = 0
        opens: list[int] = []
        for localities, count in self._by_localities():
            parties = [(f"1{area}", zone) for area, zone in localities]
            window = self._send_window.window(parties, now_ms)
            if window is None:
                never += count
                continue
            opens.append(max(window.from_ms, now_ms))
            rows += count if window.from_ms > now_ms else 0
        return Wait(rows, min(opens, default=now_ms), max(opens, default=now_ms), never)


def waiting_notices(wait: Wait) -> Iterator[Notice]:
    """What a person should know of it before they submit."""
    if wait.rows:
        first, last = utc_text(wait.first_ms, "seconds"), utc_text(wait.last_ms, "seconds")
        yield Notice(
            code="waits_for_hours",
            message=f"{wait.rows} recipients cannot have it at once: the first may at {first}, "
            f"the last at {last}; they go by themselves.",
        )
    if wait.never:
        yield Notice(
            code="no_common_hours",
            message=f"{wait.never} members of groups share no allowed hours with the others: they get nothing.",
        )
