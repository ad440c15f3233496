"""Commands of a try, and how one ends badly: what was tried is wrong, or could not be tried on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
DEPLOY = TOP / "deploy"


class WrongError(Exception):
    """What was tried does not do what it should."""


class NotHereError(Exception):
    """This machine does not let it be tried; the text says why, and what would help."""


def run(
    *command: str | Path, folder: Path = TOP, more: Mapping[str, str] | None = None, seconds: float = 600
) -> str:
    """What a command says on both outputs. Raises WrongError with it if it fails or takes too long."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env={**os.environ, **(more or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise WrongError(f"{' '.join(words)}: not done in {seconds:.0f} s\n{late.output or ''}") from None
    if done.returncode:
        raise WrongError(f"{' '.join(words)} ended with {done.returncode}\n{done.stdout[-6000:]}")
    return done.stdout.strip()


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


def say(line: str) -> None:
    """One line of the log, at once."""
    print(line, flush=True)
