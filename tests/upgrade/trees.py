"""Versions of the program: the one that these tests belong to, and older ones out of the history."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.mutants.copies import copy_tree

#: This version.
TOP = Path(__file__).resolve().parent.parent.parent


class NoHistoryError(Exception):
    """The commit is not here: a shallow clone, an unpacked archive, or a name that is none."""


class Tree(NamedTuple):
    """A version's files; `name` tells it apart."""

    name: str
    folder: Path

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Of a process that runs this version under these settings, with the packages of this environment."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("MMS_")}
        return {**own, "PYTHONPATH": str(self.folder), "PYTHONUNBUFFERED": "1", **settings}

    def mms(
        self, settings: Mapping[str, str], *arguments: str, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Run this version's command to its end."""
        return subprocess.run(
            [sys.executable, "-c", "from dispatcher.cli.main import run; run()", *arguments],
            cwd=self.folder,
            env=self.environment(settings),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )


def this_version(folder: Path) -> Tree:
    """The one that is worked on, as it is now, written into the folder: whoever works on meanwhile changes nothing."""
    folder.mkdir()
    tree = Tree("new", copy_tree(TOP, folder))
    _require_taken(tree)
    return tree


def checked_out(commit: str, folder: Path) -> Tree:
    """That commit's files, written into the folder.

    Raises:
        NoHistoryError: it is not in this repository's history.
    """
    archive = subprocess.run(
        ["git", "archive", "--format=tar", commit], cwd=TOP, capture_output=True, check=False
    )
    if archive.returncode:
        raise NoHistoryError(
            f"{commit} is not in the history here: {archive.stderr.decode(errors='replace').strip()}"
        )
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    tree = Tree("old", folder)
    _require_taken(tree)
    return tree


def _require_taken(tree: Tree) -> None:
    """Prove that a process of this tree runs its files and not those that are installed here."""
    said = subprocess.run(
        [sys.executable, "-c", "import dispatcher, tasks; print(dispatcher.__file__); print(tasks.__file__)"],
        cwd=tree.folder,
        env=tree.environment({}),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    if not all(Path(line).is_relative_to(tree.folder) for line in said):
        raise NoHistoryError(f"Python takes {said} and not the files of {tree.folder}")
