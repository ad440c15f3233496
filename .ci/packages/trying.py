"""Commands of a try, and how one ends badly: what was tried is wrong, or could not be tried on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
DEPLOY = TOP / "deploy"


#: What a try that went well could not try, and why.
UNTRIED: list[str] = []


class WrongError(Exception):
    """What was tried does not do what it should."""


class NotHereError(Exception):
    """This machine does not let it be tried; the text says why, and what would help."""


def run(
    *command: str | Path,
    folder: Path = TOP,
    more: Mapping[str, str] | None = None,
    seconds: float = 600,
    both: bool = False,
) -> str:
    """What a command prints; with `both` what it says of errors, too. Raises WrongError if it fails or is late."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env={**os.environ, **(more or {})},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise WrongError(f"{' '.join(words)}: not done in {seconds:.0f} s") from None
    if done.returncode:
        said = f"{done.stdout[-4000:]}{done.stderr[-4000:]}"
        raise WrongError(f"{' '.join(words)} ended with {done.returncode}\n{said}")
    return f"{done.stdout}{done.stderr if both else ''}".strip()


def needed(program: str, package: str) -> str:
    """The path of a program. Raises NotHereError, which names Debian's packages with it."""
    path = shutil.which(program)
    if path is None:
        raise NotHereError(f"there is no {program}: apt-get install {package}")
    return path


def expect(holds: bool, otherwise: str) -> None:
    """Raise WrongError with a sentence unless it holds."""
    if not holds:
        raise WrongError(otherwise)


def untried(what: str) -> None:
    """Part of a try was left out; it is said at the end."""
    if what not in UNTRIED:
        UNTRIED.append(what)


def say(line: str) -> None:
    """One line of the log, at once."""
    print(line, flush=True)
