"""A release: the source archive, the wheel built out of it, a bill of what they need, and the sums of all, in dist/.

`make release` runs it, offline. With MMS_SIGNING_KEY, the file of a private SSH key, the sums are signed, and it says
how a receiver verifies that; else it says that nothing is signed.

Ends with 2 and a sentence if this is no release: something is not committed, or the changelog's newest heading and the
version of pyproject.toml are not the same. `--draft FOLDER` builds what lies here into FOLDER and asks for neither.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

sys.dont_write_bytecode = True  # what lies beside this file is committed, or it is no release
from sbom import write_bill  # noqa: E402

NAME = "mms-dispatcher"
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
    out = (draft or emptied(TOP / "dist")).resolve()
    built = build(out)
    built.append(write_bill(out / f"{NAME}-{version()}.cdx.json", NAME, version(), TOP / "requirements.lock"))
    built.append(write_sums(out / "SHA256SUMS", built))
    for each in built:
        print(f"{each}  {each.stat().st_size / 1e6:.2f} MB")
    print(sign(built[-1], os.environ.get("MMS_SIGNING_KEY", "")))
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
    headings = HEADING.findall((TOP / "CHANGELOG.md").read_text())
    ours = version()
    newest = NEWEST.fullmatch(headings[0]) if headings else None
    if newest is None:
        raise NotReadyError(
            f"CHANGELOG.md begins with {f'`## {headings[0]}`' if headings else 'no heading'}; "
            f"write `## {ours} - YYYY-MM-DD` (or `unreleased`) above what is new"
        )
    if newest[1] != ours:
        raise NotReadyError(
            f"CHANGELOG.md begins with {newest[1]}, pyproject.toml says {ours}; set `version` there to {newest[1]}, "
            f"or write what {ours} brings under `## {ours} - YYYY-MM-DD` at the top of the changelog"
        )
    return newest[2]


def version() -> str:
    """The version in pyproject.toml."""
    found: str = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["version"]
    return found


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


def write_sums(file: Path, files: list[Path]) -> Path:
    """Write the sums of the files, as `sha256sum --check` reads them; answers the file."""
    file.write_text(
        "".join(f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in files)
    )
    return file


def sign(sums: Path, key: str) -> str:
    """Sign the sums with an SSH key beside them, and answer with what to say about it."""
    if not key:
        return (
            f"NOT SIGNED: MMS_SIGNING_KEY names no key; {sums.name} is all that a receiver can compare with."
        )
    output("ssh-keygen", "-Y", "sign", "-q", "-n", NAME, "-f", key, str(sums))
    return (
        f"{sums}.sig: signed. A receiver who has your public key behind your address in a file `signers` runs\n"
        f"  ssh-keygen -Y verify -f signers -I YOU@EXAMPLE.COM -n {NAME} -s {sums.name}.sig < {sums.name}\n"
        f"  sha256sum --check {sums.name}"
    )


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
