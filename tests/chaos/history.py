"""What happened in a round: collected while it goes and after it, read by the checker. No judgement in here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dispatcher.ledger.batches.packing import Batch
from dispatcher.ledger.batches.rows import Lease, RowState, unpack_lease, unpack_row
from dispatcher.ledger.store.keys import OPT_OUTS
from dispatcher.model.campaign import Campaign
from dispatcher.model.correlation import MessageRef
from dispatcher.model.state import CampaignState
from dispatcher.rules.rates import Rate
from tests.chaos.append_only import commands

_ROWS_KEY = re.compile(rb"^mms:c:([a-z0-9-]+):r:(\d+)$")
_CAMPAIGN_KEY = re.compile(rb"^mms:c:([a-z0-9-]+)$")


@dataclass(frozen=True, slots=True)
class RowChange:
    """The ledger wrote this state of a row; `index` is the row's place within its batch."""

    campaign: str
    batch: int
    index: int
    state: RowState


@dataclass(frozen=True, slots=True)
class LeaseChange:
    """The ledger wrote this lease of a batch."""

    campaign: str
    batch: int
    lease: Lease


@dataclass(frozen=True, slots=True)
class StateChange:
    """The campaign is in this state from here on."""

    campaign: str
    state: CampaignState


@dataclass(frozen=True, slots=True)
class OptOutChange:
    """A number is on the suppression list from here on, or off it again."""

    number: str = field(repr=False)
    is_out: bool


Event = RowChange | LeaseChange | StateChange | OptOutChange


def ledger_events(folder: Path) -> Iterator[Event]:
    """All changes of rows, leases, campaigns and opt-outs, in the order in which they became true.

    `folder` is the server's. Raises `RewrittenError` when the file does not go back to the start.
    """
    yield from events_of(commands(folder))


def events_of(written: Iterable[list[bytes]]) -> Iterator[Event]:
    """The same, of commands as they stand in such a file."""
    for command in written:
        if command[0].upper() != b"HSET":
            continue
        key, pairs = command[1], zip(command[2::2], command[3::2], strict=True)
        if rows := _ROWS_KEY.match(key):
            yield from _batch_events(rows[1].decode(), int(rows[2]), pairs)
        elif campaign := _CAMPAIGN_KEY.match(key):
            for name, value in pairs:
                if name == b"state":
                    yield StateChange(campaign[1].decode(), CampaignState(value.decode()))
        elif key == OPT_OUTS.encode():
            for name, value in pairs:
                yield OptOutChange(name.decode(), value.startswith(b"o"))


def _batch_events(campaign: str, batch: int, pairs: Iterable[tuple[bytes, bytes]]) -> Iterator[Event]:
    for name, value in pairs:
        if name.isdigit():
            yield RowChange(campaign, batch, int(name), unpack_row(value))
        elif name == b"m":
            yield LeaseChange(campaign, batch, unpack_lease(value))


@dataclass(frozen=True, slots=True)
class Take:
    """A message that CarrierX took: to whom, under which of our references, when, and its last word for each."""

    numbers: tuple[str, ...] = field(repr=False)
    ref: MessageRef | None
    at_ms: float
    words: dict[str, str] = field(repr=False)
    grouped: bool = False


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row as it stood in the file we gave: whom it is for, and whether it can be sent at all."""

    number: str = field(repr=False)
    sendable: bool = True


@dataclass(frozen=True, slots=True)
class Gate:
    """No claim from `shut_ms`, when the command that forbids it had returned, to `opened_ms`, before the next one."""

    why: str
    shut_ms: int
    opened_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Standstill:
    """A part was stopped by SIGSTOP, from when to when."""

    part: str
    from_ms: int
    to_ms: int

    def touches(self, from_ms: float, to_ms: float) -> bool:
        """Whether any of it lies between these two."""
        return self.from_ms <= to_ms and from_ms <= self.to_ms


@dataclass(frozen=True, slots=True)
class CampaignEnd:
    """One campaign as it stood when everything was over, and what was asked of it. `ends_ms`: when it expired."""

    campaign: Campaign
    rows: tuple[FileRow, ...]
    batches: list[Batch]
    states: list[list[RowState]] = field(repr=False)
    findings: tuple[str, ...]
    gates: tuple[Gate, ...] = ()
    resolved_by_person: frozenset[int] = frozenset()
    ends_ms: int | None = None

    @property
    def id(self) -> str:
        """The campaign's id."""
        return self.campaign.id


@dataclass(frozen=True, slots=True)
class History:
    """One round. `limits` by scope; `heard_all`: every callback came in the end, none was lost or given up;
    `by_member`: each member of a group had callbacks of its own; `misled_batches`: those of which a sender with a wrong
    clock sent anything; `confirmations`: answers to a STOP that CarrierX took; `unmoved`: queues of which nothing was
    taken when everything worked again; `probes`: callbacks of ours that a receiver answered 200, by trial and number,
    and those that reached the stream; `receiver_troubles`: what a receiver should have taken and did not."""

    events: list[Event]
    takes: list[Take]
    ends: list[CampaignEnd]
    limits: dict[str, Rate]
    lease_ms: int
    standstills: list[Standstill] = field(default_factory=list)
    alarms: dict[str, int] = field(default_factory=dict)
    heard_all: bool = True
    by_member: bool = True
    unfinished: str = ""
    unmoved: tuple[str, ...] = ()
    misled_batches: int = 0
    confirmations: list[Take] = field(default_factory=list)
    probes: list[str] = field(default_factory=list)
    probes_stored: list[str] = field(default_factory=list)
    receiver_troubles: list[str] = field(default_factory=list)
