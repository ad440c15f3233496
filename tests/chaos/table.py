"""The table that the kit prints: a line per run, and what all of them come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.chaos.rounds import Round, Run

HEAD = (
    "seed   campaign        rows  sent  unknown  found  again  held  gap  broken  faults\n"
    "----------------------------------------------------------------------------------"
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
        f"  {broken:>6}  {faults_of(run)}"
    )


def faults_of(run: Run) -> str:
    """What was done, each with how often, and CarrierX's mood."""
    deeds = Counter(run.doing.done)
    done = [f"{what} x{count}" if count > 1 else what for what, count in deeds.items()]
    return "; ".join((*done, *run.plan.moods))


def summary(rounds: Sequence[Round]) -> str:
    """All rounds in a few lines."""
    runs = [run for each in rounds for run in each.runs]
    deeds = Counter(what for run in runs for what in run.doing.done)
    taken = sum(len(each.history.takes) for each in rounds)
    broken = sum(len(each.verdict.violations) for each in rounds)
    totals = {
        "unknown": sum(each.verdict.replay.unknown.total() for each in rounds),
        "found": sum(each.verdict.replay.found.total() for each in rounds),
        "again": sum(each.verdict.replay.sent_again.total() for each in rounds),
        "held": sum(each.verdict.held.total() for each in rounds),
        "gap": sum(each.verdict.in_the_gap.total() for each in rounds),
    }
    seconds = sum(each.seconds for each in rounds)
    return (
        f"\n{len(runs)} runs in {seconds:.0f} s: {sum(run.plan.rows for run in runs)} rows, {taken} messages taken, "
        f"{sum(len(each.verdict.replay.claims) for each in rounds)} rows claimed\n"
        f"done: {', '.join(f'{what} x{count}' for what, count in deeds.most_common())}\n"
        f"outcome unknown for {totals['unknown']} rows: {totals['found']} found, {totals['again']} sent again after "
        f"two looks, {totals['held']} held; {totals['gap']} in the gap of a SIGSTOP\n"
        f"broken promises: {broken}"
    )
