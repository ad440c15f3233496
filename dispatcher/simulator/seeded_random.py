"""Decisions that look random and are the same in every run."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from zlib import crc32

from dispatcher.simulator.faults import Faults


@dataclass(frozen=True, slots=True)
class Fate:
    """What the faults in force mean for one message, member or callback.

    Shares are decided by hashing `key` with the seed, not by a generator's state: the order of requests does
    not matter.
    """

    faults: Faults
    key: str

    def roll(self, what: str) -> float:
        """A number in [0, 1) for this decision."""
        seed = str(self.faults.seed).encode()
        text = f"{what}:{self.key}".encode("utf-8", "replace")
        return int.from_bytes(blake2b(text, digest_size=8, key=seed).digest(), "big") / 2**64

    def hits(self, share: str) -> bool:
        """Whether this one is among the share; `share` is the name of a fault."""
        value: float = getattr(self.faults, share)
        return value > 0 and (value >= 1 or self.roll(share) < value)

    def wait_ms(self, fixed: float, jitter: float, what: str) -> float:
        """A fixed wait and this one's part of the jitter, in milliseconds."""
        return fixed + jitter * self.roll(what) if jitter else fixed

    def of(self, part: str) -> Fate:
        """The fate of a part of it: a member, a callback."""
        return Fate(self.faults, f"{self.key}:{part}")


#: MCC and MNC: three of the United States and two of Canada, the larger ones more often.
CARRIERS = ((310, 260), (310, 410), (311, 480), (310, 260), (311, 480), (302, 720), (302, 610))


def carrier_of(number: str) -> tuple[int, int]:
    """The carrier's MCC and MNC."""
    return CARRIERS[crc32(number.lstrip("+").encode()) % len(CARRIERS)]
