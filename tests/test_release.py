"""`make release`: what it builds is whole, and what is no release is said to be none."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

#: All that is looked at before anything is built.
FILES_OF_A_RELEASE = [".ci/release.py", ".ci/sbom.py", "CHANGELOG.md", "pyproject.toml"]


class Clone:
    """A working copy with some of the repository's files and a history of its own, to release from."""

    def __init__(self, repository: Path, folder: Path, files: list[str]) -> None:
        self.folder = folder
        self.files = files
        for name in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(repository / name, folder / name, follow_symlinks=False)
        self.git("init", "--quiet")
        self.commit()

    def git(self, *arguments: str) -> None:
        """Run git as somebody who has no settings."""
        who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
        subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True)

    def commit(self) -> None:
        """Commit all that lies here."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "What is released")

    def write(self, name: str, pattern: str, new: str) -> None:
        """Put other words in place of the first of a pattern in a file, and commit."""
        text, count = re.subn(pattern, new, (self.folder / name).read_text(), count=1, flags=re.MULTILINE)
        assert count
        (self.folder / name).write_text(text)
        self.commit()

    def release(self, key: str = "") -> subprocess.CompletedProcess[str]:
        """What `make release` runs."""
        command = [sys.executable, str(self.folder / ".ci" / "release.py")]
        environment = {**os.environ, "MMS_SIGNING_KEY": key}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def clone(repository: Path, tmp_path: Path) -> Clone:
    """All is committed, and version 7.1.0 stands in the changelog and in pyproject.toml."""
    clone = Clone(repository, tmp_path, FILES_OF_A_RELEASE)
    clone.write("CHANGELOG.md", r"^## .+$", "## 7.1.0 - 2031-05-01")
    clone.write("pyproject.toml", r'^version = ".+"$', 'version = "7.1.0"')
    return clone


def test_the_archives_of_this_repository_have_every_file_of_the_commit_and_every_file_that_runs(
    repository: Path, tmp_path: Path
) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=repository, capture_output=True, text=True, check=True)
    clone = Clone(repository, tmp_path, listed.stdout.split())
    version = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]["version"]
    (tmp_path / ".git" / "info" / "exclude").write_text(".env\n")
    (tmp_path / ".env").write_text("MMS_SECRET=…")
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "mms_dispatcher-0.0.1.tar.gz").touch()
    key = tmp_path / ".git" / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    answer = clone.release(str(key))
    assert answer.returncode == 0, answer.stderr
    unreleased = f"## {version} - unreleased" in (tmp_path / "CHANGELOG.md").read_text()
    assert ("write the day there" in answer.stdout) is unreleased
    archive, wheel = (
        dist / f"mms_dispatcher-{version}.tar.gz",
        dist / f"mms_dispatcher-{version}-py3-none-any.whl",
    )
    bill = dist / f"mms-dispatcher-{version}.cdx.json"
    assert {*dist.iterdir()} == {archive, wheel, bill, dist / "SHA256SUMS", dist / "SHA256SUMS.sig"}
    assert_summed_and_signed([archive, wheel, bill], key.with_suffix(".pub"))
    # In the source a link, in the archives files.
    examples = {
        f"dispatcher/examples/{Path(name).name}" for name in clone.files if name.startswith("campaigns/")
    }
    files = {*clone.files} - {"dispatcher/examples"} | examples
    with tarfile.open(archive) as opened:
        held = {member.name.partition("/")[2] for member in opened if member.isfile()}
    assert files - held == set()
    assert {name for name in held - files if ".egg-info/" not in name} == {"PKG-INFO", "setup.cfg"}
    with zipfile.ZipFile(wheel) as zipped:
        held = {name for name in zipped.namelist() if ".dist-info/" not in name}
    assert held == {name for name in files if name.startswith(("dispatcher/", "tasks/", "celeryconfig"))}


def assert_summed_and_signed(files: list[Path], public_key: Path) -> None:
    """What a receiver does who has nothing but the files and the public key, and a forger who changes a sum."""
    folder = files[0].parent
    sums = (folder / "SHA256SUMS").read_text()
    assert sums == "".join(
        f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in files
    )
    signers = folder / "signers"
    signers.write_text(f"us@example.com {public_key.read_text()}")
    verify = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", "us@example.com", "-n", "mms-dispatcher"]
    for text, is_ours in ((sums, True), (sums.replace("a", "b", 1), False)):
        command = [*verify, "-s", "SHA256SUMS.sig"]
        done = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is is_ours, done.stdout + done.stderr
    signers.unlink()


def test_a_release_without_a_key_says_that_it_is_not_signed(repository: Path) -> None:
    code = "import pathlib, release; print(release.sign(pathlib.Path('SHA256SUMS'), ''))"
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=repository / ".ci", capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith("NOT SIGNED: MMS_SIGNING_KEY names no key")


def test_the_bill_of_materials_has_each_package_of_the_lock_once_and_what_needs_it(
    repository: Path, tmp_path: Path
) -> None:
    code = (
        "import sys, sbom; from pathlib import Path;"
        "sbom.write_bill(Path(sys.argv[1]), 'mms-dispatcher', '1.0', Path(sys.argv[2]))"
    )
    file, lock = tmp_path / "bill.json", repository / "requirements.lock"
    subprocess.run([sys.executable, "-c", code, str(file), str(lock)], cwd=repository / ".ci", check=True)
    bill = json.loads(file.read_text())
    everywhere = re.findall(r"^([a-z][\w.-]*)==(\S+) \\$", lock.read_text(), re.MULTILINE)
    listed = [(each["name"], each["version"]) for each in bill["components"]]
    assert len(listed) == len(set(listed))
    assert {name for name, _ in {*everywhere} - {*listed}} == {"setuptools"}  # it builds, and goes
    assert "pywin32" not in dict(listed)
    assert all(each["licenses"] for each in bill["components"])
    refs = {each["bom-ref"] for each in [*bill["components"], bill["metadata"]["component"]]}
    needed = {each["ref"]: each["dependsOn"] for each in bill["dependencies"]}
    assert needed.keys() == refs
    assert {each for names in needed.values() for each in names} == refs - {"pkg:pypi/mms-dispatcher@1.0"}


def test_a_version_that_the_changelog_does_not_begin_with_is_no_release(clone: Clone) -> None:
    clone.write("pyproject.toml", '^version = "7.1.0"', 'version = "7.2.0"')
    answer = clone.release()
    assert answer.returncode == 2
    assert answer.stderr == (
        "No release: CHANGELOG.md begins with 7.1.0, pyproject.toml says 7.2.0; set `version` there to 7.1.0, "
        "or write what 7.2.0 brings under `## 7.2.0 - YYYY-MM-DD` at the top of the changelog\n"
    )
    assert not (clone.folder / "dist").exists()


@pytest.mark.parametrize(
    "heading", ["## 7.1.0", "## [7.1.0] - 2031-05-01", "## Unreleased", "## 7.1.0 - May"]
)
def test_a_heading_without_version_and_day_is_no_release(clone: Clone, heading: str) -> None:
    clone.write("CHANGELOG.md", "^## .+$", heading)
    answer = clone.release()
    assert answer.returncode == 2
    assert f"begins with `{heading}`; write `## 7.1.0 - YYYY-MM-DD`" in answer.stderr


def test_files_that_are_not_committed_are_named_and_nothing_is_built(clone: Clone) -> None:
    (clone.folder / "new.py").touch()
    answer = clone.release()
    assert answer.returncode == 2
    assert "new.py" in answer.stderr
    assert not (clone.folder / "dist").exists()
