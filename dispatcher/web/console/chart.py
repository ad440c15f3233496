"""The chart of a campaign's pace, as paths of an SVG that the server draws: readable without JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dispatcher.pipeline.estimates.pace import Pace

WIDTH, HEIGHT = 720, 150
#: The limit is drawn when it is at most so many times the fastest pace: else the pace would be a line on the ground.
_LIMIT_SHOWN = 3.0


def chart_of(pace: Pace) -> dict[str, Any] | None:
    """Paths and labels: `area` and `line` of the pace, `limit` as far as it is drawn, the top of the scale, first and
    last moment. None while there is nothing to draw."""
    if len(pace.line) < 2:
        return None
    begins, ends = pace.begins_ms, pace.line[-1][0]
    fastest = max(rate for _, rate, _ in pace.line)
    limit = max((limit for _, _, limit in pace.line), default=0.0)
    shown = 0 < limit <= _LIMIT_SHOWN * fastest
    top = _round_up(1.08 * max(fastest, limit if shown else 0.0, 1.0))

    def x(at_ms: int) -> float:
        return round(WIDTH * (at_ms - begins) / (ends - begins), 1)

    def y(value: float) -> float:
        return round(HEIGHT * (1 - min(value, top) / top), 1)

    corners = _steps([(x(at), y(rate)) for at, rate, _ in pace.line])
    limits = _steps([(x(at), y(held)) for at, _, held in pace.line]) if shown else ""
    return {
        "line": f"M{corners}",
        "area": f"M0 {HEIGHT}L{corners}L{WIDTH} {HEIGHT}Z",
        "limit": f"M{limits}" if limits else "",
        "top": f"{top:g}/s",
        "half": f"{top / 2:g}/s",
        "begins": _iso(begins),
        "ends": _iso(ends),
        "fastest": f"{fastest:.3g}/s",
    }


def _steps(points: Sequence[tuple[float, float]]) -> str:
    """Each span is level from the end of the one before to its own."""
    parts, before = [], 0.0
    for x, y in points:
        parts.append(f"{before:g} {y:g}L{x:g} {y:g}")
        before = x
    return "L".join(parts)


def _round_up(value: float) -> float:
    """The next number that a scale may end with."""
    step = 1.0
    while step * 10 <= value:
        step *= 10
    return next(step * part for part in (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10) if step * part >= value)


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
