"""The table that the kit prints: a line per run, and what all of them come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.rounds import Round, Run

HEAD = (
    "seed   campaign        rows  sent  unknown  found  again  held  gap  broken  faults\n"
    "----------------------------------------------------------------------------------"
)


@dataclass(frozen=True)
class Report:
    """What is said of a round: its lines, what was broken, how to do it again, and what is summed up over rounds."""

    lines: tuple[str, ...]
    broken: tuple[str, ...]
    first_seed: int
    runs: int
    totals: Counter[str]
    deeds: Counter[str]
    moods: Counter[str]


def report_of(done: Round) -> Report:
    """A round in words and sums."""
    seen, verdict = done.verdict.replay, done.verdict
    totals = {
        "runs": len(done.runs),
        "rows": sum(run.plan.rows for run in done.runs),
        "taken": len(done.history.takes),
        "claimed": len(seen.claims),
        "unknown": seen.unknown.total(),
        "found": seen.found.total(),
        "again": seen.sent_again.total(),
        "held": verdict.held.total(),
        "gap": verdict.in_the_gap.total(),
        "broken": len(verdict.violations),
    }
    return Report(
        lines=tuple(line_of(run, done) for run in done.runs),
        broken=tuple(
            f"{each.promise} broken: {each.campaign} {each.sentence}" for each in verdict.violations
        ),
        first_seed=done.runs[0].plan.seed,
        runs=len(done.runs),
        totals=Counter(totals),
        deeds=Counter(what for run in done.runs for what in run.doing.done),
        moods=Counter(mood for run in done.runs for mood in run.plan.moods),
    )


def line_of(run: Run, done: Round) -> str:
    """One run: how many messages CarrierX took of it, how unknown outcomes ended, what was done, what was broken."""
    seen, name = done.verdict.replay, run.campaign
    taken = sum(1 for take in done.history.takes if take.ref and take.ref.campaign == name)
    broken = sum(1 for violation in done.verdict.violations if violation.campaign in {name, ""})
    kind = "singles" if run.plan.group_size == 1 else f"groups of {run.plan.group_size}"
    return (
        f"{run.plan.seed:<6} {kind:<14} {run.plan.rows:>5} {taken:>5}  {seen.unknown[name]:>7}  {seen.found[name]:>5}"
        f"  {seen.sent_again[name]:>5}  {done.verdict.held[name]:>4}  {done.verdict.in_the_gap[name]:>3}"
        f"  {broken:>6}  {_faults(run)}"
    )


def _faults(run: Run) -> str:
    return "; ".join((*_times(Counter(run.doing.done)), *run.plan.moods))


def _times(counted: Counter[str]) -> list[str]:
    return [f"{what} x{count}" if count > 1 else what for what, count in counted.most_common()]


def summary(reports: Sequence[Report], seconds: float) -> str:
    """All rounds in a few lines."""
    totals = sum((report.totals for report in reports), Counter[str]())
    deeds = sum((report.deeds for report in reports), Counter[str]())
    moods = sum((report.moods for report in reports), Counter[str]())
    return (
        f"\n{totals['runs']} runs in {seconds:.0f} s: {totals['rows']} rows, {totals['claimed']} rows claimed, "
        f"{totals['taken']} messages taken by CarrierX\n"
        f"done to the stack: {', '.join(_times(deeds))}\n"
        f"moods of CarrierX: {', '.join(_times(moods))}\n"
        f"outcome unknown for {totals['unknown']} rows: {totals['found']} found, {totals['again']} not there and sent "
        f"again, {totals['held']} held for a person; {totals['gap']} in the gap of a SIGSTOP\n"
        f"broken promises: {totals['broken']}"
    )
