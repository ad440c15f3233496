"""Copies of the working tree, and pytest in them: a mutant is never written where somebody works."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.mutants.mutant import Mutant

#: Of one test, and of all for one mutant. What hangs is killed.
TEST_SECONDS, ALL_SECONDS = 60, 1200
#: Plugins that nothing here needs take longer to load than most tests to run.
_FEW_PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def copy_tree(top: Path, to: Path) -> Path:
    """What Git knows of the working tree, and what it would: its files as they are now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=top,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (top / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(top / name, to / name)
    return to


@contextmanager
def spoiled(copy: Path, mutant: Mutant) -> Iterator[None]:
    """The copy with this fault in it; afterwards as it was."""
    file = copy / mutant.path
    text = file.read_text("utf-8")
    _write(file, mutant.applied(text))
    try:
        yield
    finally:
        _write(file, text)


def _write(file: Path, text: str) -> None:
    file.write_text(text, "utf-8")
    if file.suffix == ".py":  # compiled code is told apart by seconds and size: a fault may change neither
        Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)


def run_pytest(copy: Path, arguments: list[str], environment: Mapping[str, str], log: Path) -> int | None:
    """Its exit status, None if it had to be ended. Whatever it started in its group ends with it."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MMS_")}
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-p", "pytest_timeout", "-p", "tests.mutants.reach",
             f"--timeout={TEST_SECONDS}", *arguments],
            cwd=copy,
            env={**own, "PYTHONPATH": str(copy), **_FEW_PLUGINS, **environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            return process.wait(timeout=None if "MUTANTS_REACH" in environment else ALL_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
