"""commands: CPU seconds of what a person types most, and of what containers ask every few seconds.

Each is a new process with Python's compiled files at hand, as everywhere but at the very first time. The figure is the
least of all runs: they do the same each time, and what else the machine does only adds to it, up to half. The baseline
is a Python that does nothing.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks.goals import GOALS
from benchmarks.ledgers import read_campaign, runtime_on
from benchmarks.result import Asked, Line, Result, Values, in_turn, median
from benchmarks.stack import MMS
from benchmarks.store import Store
from dispatcher.ledger.store import keys

ROWS = 1000
#: So many times as many runs as are asked for: each is short.
TIMES = 4
SECONDS = "CPU s"
BARE = "python -c pass"
CHECK = (sys.executable, "-m", "dispatcher.stack.healthcheck", "beat")


def measure(asked: Asked) -> Iterator[Result]:
    """Everyday commands on a ledger with one campaign, in turn."""
    with Store() as store, tempfile.TemporaryDirectory(prefix="mms-bench-") as folder:
        runtime = runtime_on(store)
        campaign = read_campaign(runtime, asked.size(ROWS))
        runtime.ledger.redis.set(keys.TICK, 1)
        runtime.ledger.redis.hset(keys.STAMP, "mode", "simulate")
        (Path(folder) / "one.csv").write_text("to,message\n15165550199,hello\n")
        commands: dict[str, Sequence[str]] = {
            "mms --help": (str(MMS), "--help"),
            "mms --version": (str(MMS), "--version"),
            "mms campaign --help": (str(MMS), "campaign", "--help"),
            "mms campaign show": (str(MMS), "campaign", "show", campaign),
            "mms campaign list": (str(MMS), "campaign", "list"),
            "mms campaign check": (
                str(MMS),
                "campaign",
                "check",
                "one.csv",
                "--simulate",
                "--from",
                "15165550198",
            ),
            "a health check": CHECK,
            BARE: (sys.executable, "-c", "pass"),
        }
        run = partial(_cpu, folder=Path(folder), environment=_environment(store.url))
        for command in commands.values():
            run(command)  # compiles what was not compiled yet
        found = in_turn(
            TIMES * asked.runs, {what: partial(run, command) for what, command in commands.items()}
        )
        runtime.ledger.redis.close()
    least = {what: min(run[SECONDS] for run in runs) for what, runs in found.items()}
    lines = [
        Line(what, {"least": least[what], "median": median(runs, SECONDS)}, least[what] / least[BARE], runs)
        for what, runs in found.items()
    ]
    yield Result("commands", BARE, lines, {goal.name: least[goal.name] for goal in GOALS["commands"]})


def _environment(redis_url: str) -> dict[str, str]:
    """The caller's, and where the ledger is; compiled files are kept, whatever the habit of the machine."""
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MMS_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    return {**others, "MMS_REDIS_URL": redis_url}


def _cpu(command: Sequence[str], *, folder: Path, environment: dict[str, str]) -> Values:
    """User and system time of one run, its children's too."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {SECONDS: after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime}
