"""The register of goals: what each benchmark's figures are to reach, and how far a shared machine may miss it.

A benchmark answers figures by these names (`Result.figures`); the runner judges them. A figure without a goal here is
an error, a goal without its figure counts as missed: nothing gets slower unseen because nobody measures it any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

#: A machine that others use, too, takes so much from rates and CPU.
SHARED = 0.15
#: What is counted, not timed: bytes, pages, messages.
COUNTED = 0.03

Verdict = Literal["met", "within tolerance", "missed", "absent", "not judged"]


@dataclass(frozen=True)
class Goal:
    """What a figure is to reach: at `least` or at `most` the limit, which the tolerance (a share) makes easier."""

    name: str
    unit: str
    at: Literal["least", "most"]
    limit: float
    tolerance: float = SHARED

    def judge(self, value: float | None) -> Verdict:
        """How the figure stands to the goal."""
        if value is None:
            return "absent"
        sign = 1 if self.at == "least" else -1
        if sign * value >= sign * self.limit:
            return "met"
        edge = self.limit * (1 - sign * self.tolerance)
        return "within tolerance" if sign * value >= sign * edge else "missed"

    def __str__(self) -> str:
        """For people: `at least 3,000 /s`."""
        return f"at {self.at} {self.limit:,.10g} {self.unit}"


@dataclass(frozen=True)
class Figure:
    """What was measured for a goal."""

    goal: Goal
    value: float | None
    verdict: Verdict

    def written(self) -> dict[str, object]:
        """As the results' JSON keeps it."""
        return {**asdict(self.goal), "value": self.value, "verdict": self.verdict}


#: Benchmarks in the order in which they run, each a module with `measure(asked)`; and their goals.
GOALS: Mapping[str, Sequence[Goal]] = {
    "dispatch": (
        Goal("to a bare loop of Session.post", "times", "least", 2.5),
        Goal("to a tuned Session", "times", "least", 1.8),
        Goal("to one task a recipient", "times", "least", 15),
        Goal("of what 100 ms of latency allow", "%", "least", 90),
        Goal("CPU, all processes", "s/1,000", "most", 0.18),
        Goal("CPU, all processes, to that of a bare loop", "times", "most", 0.4),
        Goal("CPU, all processes, to that of http.client", "times", "most", 1.8),
    ),
    "delivered": (
        Goal("CPU, all processes", "s/1,000", "most", 0.9),
        Goal("CPU, Valkey", "s/1,000", "most", 0.2),
    ),
    "floor": (
        # 1.5 is aimed at; what Python makes of a claim, a request and its answer is not there yet.
        Goal("sending to the floor", "times", "most", 5.5),
        Goal("a callback to the floor", "times", "most", 1.5),
    ),
    "callbacks": (
        Goal("settled, alone", "/s", "least", 3000),
        Goal("p99 of the answer, alone", "ms", "most", 50),
        Goal("settled, beside 100 sends/s", "/s", "least", 1000),
        Goal("p99 of the answer at 1,000/s, beside 100 sends/s", "ms", "most", 50),
        Goal("CPU, all processes", "ms each", "most", 0.25),
    ),
    "campaigns": (
        Goal("CPU, all processes but Valkey, 1,000 campaigns at 30/s", "cores", "most", 0.15),
        Goal("CPU, Valkey, 1,000 campaigns at 30/s", "cores", "most", 0.1),
        Goal("of an account of 1,000/s, 1,000 campaigns of 2/s", "%", "least", 97, COUNTED),
        Goal("of a limit over a whole campaign of 25 s", "%", "least", 97, COUNTED),
    ),
    "growth": (
        Goal("1,000,000 recipients to 10,000", "times", "most", 1.1, 0.1),
        Goal("100 campaigns at once to 1", "times", "most", 1.1, 0.1),
    ),
    "expand": (Goal("to one HSET a recipient", "times", "least", 1.0),),
    "roster": (
        Goal("check", "rows/s", "least", 400_000),
        Goal("expansion", "rows/s", "least", 250_000),
        Goal("peak memory", "MB", "most", 200, COUNTED),
    ),
    "upload": (
        Goal("a million rows checked in the browser", "s", "most", 6),
        Goal("p99 of a callback's answer meanwhile", "ms", "most", 50),
    ),
    "report": (Goal("a million rows", "s", "most", 5),),
    "memory": (Goal("Redis, each recipient", "bytes", "most", 110, COUNTED),),
    "ledger_cost": (
        Goal("Valkey, a recipient and three callbacks, 64 at once", "µs", "most", 140, 0.3),
        Goal("its append-only file, the same", "bytes", "most", 1_500, COUNTED),
    ),
    "reload": (
        Goal("a million recipients, the file as it was written", "s of CPU", "most", 4),
        Goal("the file as a rewrite leaves it, a recipient", "bytes", "most", 82, COUNTED),
    ),
    "backup": (
        Goal("a copy of 100,000 rows, believed", "s", "most", 4, 0.5),
        Goal("the way back, embedded", "s", "most", 2, 0.5),
        Goal("the way back, into a Redis", "s", "most", 20, 0.5),
        Goal("the file, a row", "bytes", "most", 82, COUNTED),
    ),
    "limiter": (
        Goal("a claim, a hundred at once", "µs", "most", 40, 0.5),
        Goal("worst second of four processes at 50/s", "messages", "most", 53, COUNTED),
        Goal("of the limit used by four processes", "%", "least", 97, COUNTED),
    ),
    "footprint": (
        Goal("PSS with Flower", "MB", "most", 300, COUNTED),
        Goal("PSS without Flower", "MB", "most", 220, COUNTED),
        Goal("ready after", "s", "most", 3),
    ),
    "commands": (
        Goal("mms --help", "s of CPU", "most", 0.15),
        Goal("mms --version", "s of CPU", "most", 0.15),
        Goal("mms campaign show", "s of CPU", "most", 0.35),
        Goal("mms campaign list", "s of CPU", "most", 0.35),
        Goal("a health check", "s of CPU", "most", 0.1),
    ),
    "idle": (
        Goal("quiet", "% of a core", "most", 1.0),
        Goal("with 10,000 scheduled campaigns", "% of a core", "most", 1.0),
    ),
}


def judged(benchmark: str, figures: Mapping[str, float], *, full_size: bool = True) -> list[Figure]:
    """Each goal of the benchmark with its figure; at another size than its own none is judged.

    Raises:
        KeyError: a figure has no goal.
    """
    goals = GOALS[benchmark]
    if unknown := figures.keys() - {goal.name for goal in goals}:
        raise KeyError(f"no goal is registered for {benchmark}: {', '.join(sorted(unknown))}")
    return [
        Figure(goal, value, goal.judge(value) if full_size else "not judged")
        for goal in goals
        for value in [figures.get(goal.name)]
    ]
