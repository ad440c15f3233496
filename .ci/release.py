"""A release: the source archive, and the wheel built out of it, in dist/. `make release` runs it, offline.

Ends with 2 and a sentence if this is no release: something is not committed, or the changelog's newest heading and the
version of pyproject.toml are not the same. `--draft FOLDER` builds what lies here into FOLDER and asks for neither.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
NEWEST = re.compile(r"(\d[\w.]*) - (unreleased|\d{4}-\d\d-\d\d)")
SDIST = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"
PIP_WHEEL = ["pip", "wheel", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--no-index"]


class NotReadyError(Exception):
    """This is no release yet; the text says what to do."""


def main() -> int:
    """Build, and say what was built."""
    parser = argparse.ArgumentParser(prog=".ci/release.py")
    parser.add_argument("--draft", metavar="FOLDER", type=Path, help="build what lies here, committed or not")
    draft: Path | None = parser.parse_args().draft
    try:
        day = "" if draft else ready()
    except NotReadyError as error:
        print(f"No release: {error}", file=sys.stderr)
        return 2
    for built in build((draft or emptied(TOP / "dist")).resolve()):
        print(f"{built}  {built.stat().st_size / 1e6:.1f} MB")
    if day == "unreleased":
        print(
            "CHANGELOG.md still says 'unreleased': write the day there, and commit, before you publish these."
        )
    return 0


def ready() -> str:
    """The day in the changelog's newest heading, or "unreleased". Raises NotReadyError."""
    changed = output("git", "status", "--porcelain")
    if changed:
        raise NotReadyError(f"these files are not committed; commit or stash them first:\n{changed}")
    version = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["version"]
    headings = HEADING.findall((TOP / "CHANGELOG.md").read_text())
    newest = NEWEST.fullmatch(headings[0]) if headings else None
    if newest is None:
        raise NotReadyError(
            f"CHANGELOG.md begins with {f'`## {headings[0]}`' if headings else 'no heading'}; "
            f"write `## {version} - YYYY-MM-DD` (or `unreleased`) above what is new"
        )
    if newest[1] != version:
        raise NotReadyError(
            f"CHANGELOG.md begins with {newest[1]}, pyproject.toml says {version}; set `version` there to "
            f"{newest[1]}, or write what {version} brings under `## {version} - YYYY-MM-DD` at the top of the changelog"
        )
    return newest[2]


def build(out: Path) -> list[Path]:
    """Put both archives into a folder, out of a copy that has only the files which git knows; answers their paths."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        for name in filter(None, output("git", "ls-files", "-z").split("\0")):
            target = Path(work, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / name, target, follow_symlinks=False)
        source = out / output(sys.executable, "-c", SDIST, str(out), folder=work).splitlines()[-1]
    output(sys.executable, "-m", *PIP_WHEEL, "-w", str(out), str(source))
    (wheel,) = out.glob("*.whl")
    return [source, wheel]


def emptied(folder: Path) -> Path:
    """A folder of that name with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def output(*command: str, folder: str | Path = TOP) -> str:
    """What a command says; all that it said goes to standard error if it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\n{command[0]} ended with {done.returncode}")
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
