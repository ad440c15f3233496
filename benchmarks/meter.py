"""What processes cost: CPU seconds of a whole tree, memory while it works, and the machine that all of it ran on."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from dispatcher.ledger.store.embedded import server_binary


def machine() -> dict[str, str]:
    """The machine in words: figures of another one are other figures."""
    version = subprocess.run([str(server_binary()), "--version"], capture_output=True, text=True, check=True)
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "store": version.stdout.split(" sha=")[0].strip(),
        "load at the start": f"{os.getloadavg()[0]:.1f}",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def tree(pid: int) -> list[psutil.Process]:
    """The process and all below it."""
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_seconds(*pids: int) -> float:
    """CPU time of these trees so far, their ended children counted too."""
    total = 0.0
    for pid in pids:
        for process in tree(pid):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
    return total


def resident_mb(*pids: int) -> float:
    """Resident memory of these trees now; pages that they share are counted in each."""
    total = 0
    for pid in pids:
        for process in tree(pid):
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
    return total / 2**20


@dataclass
class Meter:
    """Time, CPU and peak memory of some trees from its making on; `look` now and then for the peak."""

    pids: tuple[int, ...]
    peak_mb: float = 0.0
    _cpu: float = field(init=False)
    _start: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin."""
        self.look()
        self._cpu, self._start = cpu_seconds(*self.pids), time.perf_counter()

    def look(self) -> None:
        """Note the memory of this moment."""
        self.peak_mb = max(self.peak_mb, resident_mb(*self.pids))

    def seconds(self) -> float:
        """Since the beginning."""
        return time.perf_counter() - self._start

    def cpu(self) -> float:
        """CPU seconds since the beginning."""
        return cpu_seconds(*self.pids) - self._cpu
