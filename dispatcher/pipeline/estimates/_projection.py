"""How sending will go on: at one speed, in allowed hours, within daily caps, until nothing is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from dispatcher.rules.quiet_hours import Window

_DAY_MS = 86_400_000
#: A projection with more turns than these goes on as it went until there.
MOST_TURNS = 500
_NOTHING = 1e-6
HOURS = "allowed hours"
SENDING = "sending"

Place = TypeVar("Place", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Allowance:
    """A daily cap: units left until `until_ms`, and `most` for each day after that."""

    name: str
    room: float
    most: float
    until_ms: float
    following_ms: float

    def at(self, now_ms: float) -> Allowance:
        """As it is then."""
        moved = self
        while moved.until_ms <= now_ms:
            following = moved.following_ms + _DAY_MS
            moved = replace(moved, room=moved.most, until_ms=moved.following_ms, following_ms=following)
        return moved


@dataclass(slots=True)
class Projection(Generic[Place]):
    """The rest of a campaign on its way. `left` are units by place; a place's `window` at a moment is the one then or
    the next, None if there is none, and then its units never go. `speed` is units a second.

    `spent` is what the time went for, in ms: `SENDING` at full speed, `HOURS` with no place open, and daily caps by
    their names.
    """

    left: Mapping[Place, float]
    window: Callable[[Place, int], Window | None]
    speed: float
    allowances: Sequence[Allowance]
    now_ms: float
    spent: defaultdict[str, float]

    @property
    def binds(self) -> str:
        """What most of the time went for."""
        return max(self.spent, key=lambda what: self.spent[what], default=SENDING)

    def run(self) -> float:
        """Go on until nothing is left; answers when that is, in ms since 1970."""
        began, whole = self.now_ms, sum(self.left.values())
        for _ in range(MOST_TURNS):
            known = self._windows()
            if not known:
                return self.now_ms
            self.allowances = [cap.at(self.now_ms) for cap in self.allowances]
            if not self._waited(min(max(each.from_ms, self.now_ms) for each in known.values())):
                self._sent(known)
        still = sum(self.left.values())
        return self.now_ms + (self.now_ms - began) * still / max(_NOTHING, whole - still)

    def _windows(self) -> dict[Place, Window]:
        """The windows of the places that have anything left and will ever get it."""
        some = (place for place, units in self.left.items() if units > _NOTHING)
        found = {place: self.window(place, int(self.now_ms)) for place in some}
        known = {place: window for place, window in found.items() if window is not None}
        self.left = {place: self.left[place] for place in known}
        return known

    def _waited(self, opens_ms: float) -> bool:
        """Let the time pass in which nothing may go; False: something may."""
        used_up = [cap for cap in self.allowances if cap.room <= _NOTHING]
        last = max(used_up, key=lambda cap: cap.until_ms, default=None)
        until, name = (last.until_ms, last.name) if last and last.until_ms > opens_ms else (opens_ms, HOURS)
        waits = until - self.now_ms
        if waits <= 0:
            return False
        self.spent[name] += waits
        self.now_ms = until
        return True

    def _sent(self, known: Mapping[Place, Window]) -> None:
        """Send at full speed until anything changes: a window, a cap, or nothing is left of what may go."""
        going = [place for place, window in known.items() if window.from_ms <= self.now_ms]
        units = sum(self.left[place] for place in going)
        turns = [each.until_ms if each.from_ms <= self.now_ms else each.from_ms for each in known.values()]
        turns += [cap.until_ms for cap in self.allowances]  # type: ignore[misc]
        room = min([units, *(cap.room for cap in self.allowances)])
        lasts = max(1.0, min(1000 * room / self.speed, min(turns) - self.now_ms))
        gone = min(room, self.speed * lasts / 1000)
        self.left = {
            place: each - (gone * each / units if place in going else 0.0)
            for place, each in self.left.items()
        }
        self.allowances = [replace(cap, room=cap.room - gone) for cap in self.allowances]
        self.spent[SENDING] += lasts
        self.now_ms += lasts


def projection(
    left: Mapping[Place, float],
    window: Callable[[Place, int], Window | None],
    *,
    speed: float,
    allowances: Sequence[Allowance] = (),
    begin_ms: float,
) -> Projection[Place]:
    """One that begins then."""
    return Projection(left, window, speed, allowances, begin_ms, defaultdict(float))
