"""`make release`: what it builds is whole, and what is no release is said to be none."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest


class Clone:
    """A working copy of the repository's tracked files with a history of its own, to release from."""

    def __init__(self, repository: Path, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files"], cwd=repository, capture_output=True, text=True, check=True
        )
        self.files = listed.stdout.split()
        for name in self.files:
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

    def write(self, name: str, old: str, new: str) -> None:
        """Put other words in place of the first `old` of a file, and commit."""
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new, 1))
        self.commit()

    def release(self) -> subprocess.CompletedProcess[str]:
        """What `make release` runs."""
        command = [sys.executable, str(self.folder / ".ci" / "release.py")]
        return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def clone(repository: Path, tmp_path: Path) -> Clone:
    """All is committed, and the changelog and the version are one: version 7.1.0 of the first of May."""
    clone = Clone(repository, tmp_path)
    changelog = (tmp_path / "CHANGELOG.md").read_text()
    (tmp_path / "CHANGELOG.md").write_text(changelog.replace("\n## ", "\n## 7.1.0 - 2031-05-01\n\n## ", 1))
    version = (tmp_path / "pyproject.toml").read_text()
    start = version.index('version = "') + len('version = "')
    (tmp_path / "pyproject.toml").write_text(version[:start] + "7.1.0" + version[version.index('"', start) :])
    clone.commit()
    return clone


def test_the_repository_itself_could_be_released_as_soon_as_it_is_committed(
    repository: Path, tmp_path: Path
) -> None:
    answer = Clone(repository, tmp_path).release()
    assert answer.returncode == 0, answer.stderr


def test_the_source_archive_has_every_file_of_the_commit_and_the_wheel_every_file_that_runs(
    clone: Clone,
) -> None:
    dist = clone.folder / "dist"
    dist.mkdir()
    (dist / "mms_dispatcher-7.0.0.tar.gz").touch()
    (clone.folder / ".env").write_text("MMS_SECRET=…")
    (clone.folder / ".git" / "info" / "exclude").write_text(".env\n")
    answer = clone.release()
    assert answer.returncode == 0, answer.stderr
    assert {each.name for each in dist.iterdir()} == {
        "mms_dispatcher-7.1.0.tar.gz",
        "mms_dispatcher-7.1.0-py3-none-any.whl",
    }
    with tarfile.open(dist / "mms_dispatcher-7.1.0.tar.gz") as archive:
        held = {member.name.partition("/")[2] for member in archive if member.isfile()}
    examples = {f"dispatcher/examples/{name[10:]}" for name in clone.files if name.startswith("campaigns/")}
    generated = {"PKG-INFO", "setup.cfg"} | {name for name in held if ".egg-info/" in name}
    assert held - generated == {*clone.files} - {"dispatcher/examples"} | examples
    with zipfile.ZipFile(dist / "mms_dispatcher-7.1.0-py3-none-any.whl") as wheel:
        running = {name for name in clone.files if name.startswith(("dispatcher/", "tasks/", "celeryconfig"))}
        assert running - {"dispatcher/examples"} | examples == {
            name for name in wheel.namelist() if ".dist-info/" not in name
        }


def test_a_version_that_the_changelog_does_not_begin_with_is_no_release(clone: Clone) -> None:
    clone.write("pyproject.toml", 'version = "7.1.0"', 'version = "7.2.0"')
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
    clone.write("CHANGELOG.md", "## 7.1.0 - 2031-05-01", heading)
    answer = clone.release()
    assert answer.returncode == 2
    assert f"begins with `{heading}`; write `## 7.1.0 - YYYY-MM-DD`" in answer.stderr


def test_files_that_are_not_committed_are_named_and_nothing_is_built(clone: Clone) -> None:
    (clone.folder / "dispatcher" / "new.py").touch()
    answer = clone.release()
    assert answer.returncode == 2
    assert "dispatcher/new.py" in answer.stderr
    assert not (clone.folder / "dist").exists()


def test_a_changelog_without_a_day_is_released_with_a_word_about_it(clone: Clone) -> None:
    clone.write("CHANGELOG.md", "7.1.0 - 2031-05-01", "7.1.0 - unreleased")
    answer = clone.release()
    assert answer.returncode == 0, answer.stderr
    assert "still says 'unreleased'" in answer.stdout
