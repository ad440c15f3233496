"""footprint: what `mms up` takes from a machine that has nothing to do, process by process, and until it is ready.

Memory is PSS: a page that several processes share counts once in all. Without Flower, what is its own alone goes.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import psutil

from benchmarks.meter import cpu_seconds, tree
from benchmarks.result import Asked, Line, Result, Values, median, median_line
from benchmarks.sink import Sink
from benchmarks.stack import Stack

#: What the start left to do is done by then.
SETTLE_SECONDS = 5.0
FLOWER = "mms-flower"
MIB = 2**20


class _Memory(NamedTuple):
    """MB of one process: its share of everything, what is its own alone, all that it maps."""

    pss: float
    uss: float
    rss: float


def measure(asked: Asked) -> Iterator[Result]:
    """A start a run."""
    starts: list[Values] = []
    seen: list[dict[str, _Memory]] = []
    for _ in range(asked.runs):
        with Sink() as sink, Stack(sink.url) as stack:
            starts.append({"s": stack.ready_seconds, "CPU s": cpu_seconds(stack.pid)})
            time.sleep(SETTLE_SECONDS)
            seen.append(_memory_of(stack.pid))
    with_flower = [{"PSS MB": sum(each.pss for each in run.values())} for run in seen]
    without = [{"PSS MB": sum(each.pss for each in run.values()) - run[FLOWER].uss} for run in seen]
    whole = median(with_flower, "PSS MB")
    yield Result("footprint", "all of it", [
        *(_line(name, seen, whole) for name in seen[0]),
        median_line("all of it", with_flower, 1.0),
        median_line("without Flower", without, median(without, "PSS MB") / whole),
        median_line("from `mms up` to ready", starts),
    ], {
        "PSS with Flower": whole,
        "PSS without Flower": median(without, "PSS MB"),
        "ready after": median(starts, "s"),
    })  # fmt: skip


def _line(name: str, seen: list[dict[str, _Memory]], whole: float) -> Line:
    runs = [
        {"PSS MB": run[name].pss, "its own MB": run[name].uss, "mapped MB": run[name].rss}
        for run in seen
        if name in run
    ]
    return median_line(name, runs, median(runs, "PSS MB") / whole)


def _memory_of(pid: int) -> dict[str, _Memory]:
    """Each process of the tree by a name: those of one service are numbered."""
    found: dict[str, _Memory] = {}
    met: Counter[str] = Counter()
    for process in tree(pid):
        name, memory = _name_of(process), process.memory_full_info()
        met[name] += 1
        shown = name if met[name] == 1 else f"{name} {met[name]}"
        found[shown] = _Memory(memory.pss / MIB, memory.uss / MIB, memory.rss / MIB)
    return found


def _name_of(process: psutil.Process) -> str:
    """The module of a Python by itself, `mms up`, a fork's name, or that of a program."""
    command = [word.rpartition("/")[2] for word in process.cmdline() if word]
    if "-m" in command:
        return command[command.index("-m") + 1]
    return command[0].partition(" ")[0] if not command[0].startswith("python") else " ".join(command[1:])
