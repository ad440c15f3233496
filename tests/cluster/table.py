"""What the kit prints: a line per run as its round ends, and the table of docs/guarantees.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from tests.cluster.pauses import PROMISED_SECONDS, Pause
from tests.cluster.plan import BESIDES, FAULTS
from tests.cluster.rounds import Ran, Round

HEAD = (
    "seed  broker    campaign     rows  sent  unknown  found  again  held  stood still  back after  broken  faults\n"
    "------------------------------------------------------------------------------------------------------------"
)


@dataclass(frozen=True)
class Report:
    """What is said of a round, so that it can be handed from one process to another."""

    seeds: tuple[int, ...]
    lines: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    kept: str = ""
    totals: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    pauses: tuple[Pause, ...] = ()


def report_of(done: Round) -> Report:
    """A round in words and sums."""
    seen, verdict = done.verdict.replay, done.verdict
    totals = {
        "runs": len(done.runs),
        "rows": sum(ran.run.campaign.rows for ran in done.runs),
        "claimed": len(seen.claims),
        "taken": len(done.history.takes),
        "unknown": seen.unknown.total(),
        "found": seen.found.total(),
        "again": seen.sent_again.total(),
        "held": verdict.held.total(),
        "broken": len(verdict.violations),
        f"{done.air.broker} rounds": 1,
        "clock rounds": bool(done.air.wrong_clock),
    }
    return Report(
        seeds=tuple(ran.run.seed for ran in done.runs),
        lines=tuple(_line(ran, pause, done) for ran, pause in zip_longest(done.runs, done.pauses)),
        broken=tuple(
            f"{each.promise} broken: {each.campaign} {each.sentence}" for each in verdict.violations
        ),
        kept=done.kept,
        totals=Counter(totals),
        faults=Counter(what for ran in done.runs for what in (ran.run.fault.what, *ran.besides)),
        pauses=tuple(done.pauses),
    )


def _line(ran: Ran, pause: Pause | None, done: Round) -> str:
    seen, name, plan = done.verdict.replay, ran.campaign, ran.run.campaign
    taken = sum(1 for take in done.history.takes if take.ref and take.ref.campaign == name)
    broken = sum(1 for violation in done.verdict.violations if violation.campaign in {name, ""})
    kind = "singles" if plan.group_size == 1 else f"groups of {plan.group_size}"
    stood = f"{pause.longest:.1f} s" if pause else "-"
    back = "-" if pause is None else "never" if pause.over_after is None else f"{pause.over_after:.1f} s"
    faults = "; ".join((ran.run.fault.what, *ran.besides, *plan.moods))
    return (
        f"{ran.run.seed:<5} {done.air.broker:<9} {kind:<12} {plan.rows:>4} {taken:>5}  {seen.unknown[name]:>7}"
        f"  {seen.found[name]:>5}  {seen.sent_again[name]:>5}  {done.verdict.held[name]:>4}  {stood:>11}"
        f"  {back:>10}  {broken:>6}  {faults}"
    )


def summary(reports: Sequence[Report], seconds: float) -> str:
    """All rounds as the table of docs/guarantees.md."""
    totals = sum((report.totals for report in reports), Counter[str]())
    faults = sum((report.faults for report in reports), Counter[str]())
    seeds = [seed for report in reports for seed in report.seeds]
    unknown = f"{totals['unknown']}: {totals['found']} found, {totals['again']} not there and sent again"
    lines = [
        f"\n| {totals['runs']} runs, seeds {seeds[0]} to {seeds[-1]}, in {seconds:.0f} s | |",
        "|---|---|",
        f"| rows · rows claimed · messages taken by CarrierX | {totals['rows']:,} · {totals['claimed']:,} · "
        f"{totals['taken']:,} |",
        f"| rounds with RabbitMQ · with hints through Sentinels · with a clock a minute off | "
        f"{totals['RabbitMQ rounds']} · {totals['Sentinel rounds']} · {totals['clock rounds']} |",
        *_counted(faults, [name for name in FAULTS if name.startswith(("primary", "clean"))]),
        *_counted(
            faults,
            [name for name in {**FAULTS, **BESIDES} if not name.startswith(("primary", "clean"))],
        ),
        f"| outcome unknown for a while | {unknown}, {totals['held']} held for a person |",
        f"| **broken promises** | **{totals['broken']}** |",
        "",
        *_pauses([pause for report in reports for pause in report.pauses]),
    ]
    return "\n".join(lines)


def _counted(counted: Counter[str], names: Iterable[str]) -> list[str]:
    there = [name for name in names if counted[name]]
    if not there:
        return []
    counts = " · ".join(str(counted[name]) for name in there)
    return [f"| {' · '.join(f'`{name}`' for name in there)} | {counts} |"]


def _pauses(pauses: Iterable[Pause]) -> list[str]:
    by_fault: defaultdict[str, list[Pause]] = defaultdict(list)
    for pause in pauses:
        by_fault[pause.fault].append(pause)
    back_in = f"sending was back after its beginning, at most (promised: {PROMISED_SECONDS:.0f} s)"
    lines = [f"| fault | runs | longest pause | {back_in} |", "|---|---:|---:|---:|"]
    for fault in FAULTS:
        if found := by_fault.get(fault):
            longest = max(pause.longest for pause in found)
            back = (
                max(pause.over_after or 0.0 for pause in found if pause.longest >= 1) if longest >= 1 else 0
            )
            lines.append(
                f"| `{fault}` | {len(found)} | {longest:.1f} s | {f'{back:.1f} s' if back else 'went on'} |"
            )
    return lines
