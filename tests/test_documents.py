"""The documents say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dispatcher.settings import Settings


def test_the_table_of_settings_has_every_setting_and_no_other(repository: Path) -> None:
    text = (repository / "docs" / "operations.md").read_text()
    rows = dict(re.findall(r"^\| `(MMS_[A-Z_]+)` \|[^|]*\| (.+) \|$", text, re.MULTILINE))
    assert rows == {f"MMS_{name.upper()}": field.description for name, field in Settings.model_fields.items()}


def test_links_in_the_documents_lead_somewhere(repository: Path) -> None:
    for document in [*repository.glob("*.md"), *(repository / "docs").glob("**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_index_and_has_a_hash_for_every_package(lock: str, repository: Path) -> None:
    text = (repository / lock).read_text()
    packages = re.findall(
        r"^[a-z][^\s]*==[^\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n?)+)", text, re.MULTILINE
    )
    assert len(packages) == len(re.findall(r"^[a-z].*==", text, re.MULTILINE))
    assert "://" not in text
    assert "--index" not in text


def test_the_commands_in_the_readme_exist(repository: Path) -> None:
    text = (repository / "README.md").read_text()
    targets = set(re.findall(r"^make (\w+)", text, re.MULTILINE))
    makefile = (repository / "Makefile").read_text()
    assert targets >= {"demo", "test"}
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
