"""Nothing is shown that nobody tries: each block has a test, and each command that a text names exists."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from dispatcher.settings import Settings
from tests.command_tree import ROOT, real
from tests.documents.shown import DOCUMENTS, TOP, blocks, commands, is_shown, section, sessions

#: Where the blocks of each document are run, by language. `text` is a drawing.
RUN_BY = {
    "README.md": {"sh": "test_readme.py", "console": "test_readme.py", "text": ""},
    "docs/architecture.md": {"text": "test_map_of_the_code.py", "mermaid": "test_map_of_the_code.py"},
    "docs/backup.md": {"sh": "test_backup_page.py"},
    "docs/campaign-files.md": {"csv": "test_pages.py", "toml": "test_pages.py", "json": "test_pages.py"},
    "docs/carrierx-guide.md": {"sh": "../dispatcher/cli/test_the_carrierx_guide.py"},
    "docs/carrierx.md": {"python": "test_pages.py"},
    "docs/high-availability.md": {
        "conf": "../dispatcher/pipeline/sending/test_the_failovers.py",
        "sh": "../dispatcher/pipeline/sending/test_the_failovers.py",
    },
    "docs/operations.md": {
        "sh": "test_pages.py",
        "acl": "../dispatcher/ledger/store/test_permissions.py",
    },
    "docs/scale.md": {"sh": "../test_two_installations.py", "nginx": "../test_two_installations.py"},
    "docs/redis.md": {
        "acl": "../dispatcher/ledger/store/test_permissions.py",
        "text": "../dispatcher/ledger/store/test_sentinel_address.py",
    },
}

#: Variables that are no setting: what tests, Compose and a release look at.
OTHER_VARIABLES = {"MMS_TEST_LIMIT_SECONDS", "MMS_SUPERVISED", "MMS_SIGNING_KEY"}

SOURCES = [*sorted(TOP.glob("dispatcher/**/*.py")), *sorted(TOP.glob("dispatcher/**/*.html"))]


def named_commands(file: Path) -> Iterator[str]:
    """What stands as `mms …` in a text, and hints that are a command."""
    text = file.read_text("utf-8")
    yield from re.findall(r"`(mms [^`\n]+)`", text)
    yield from re.findall(r'hint="(mms [a-z]+ [^"\n]+)"', text)


def unknown_in(line: str) -> str | None:
    """The first word of this command line that the command does not know."""
    command: Any = ROOT
    words = shlex.split(line.replace("'", ""))[1:]
    for word in words:
        if hasattr(command, "commands") and not word.startswith("-"):
            if word.startswith(("…", "{")):
                return None
            choices = word.split("|")
            if missing := [each for each in choices if each not in command.commands]:
                return missing[0]
            command = real(command.commands[choices[0]])
        elif word.startswith("--"):
            known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
            if word.partition("=")[0] not in known | {"--help"}:
                return word
    return None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.stem)
def test_every_block_says_what_it_is_and_is_run_by_a_test(document: Path) -> None:
    run_by = RUN_BY.get(str(document.relative_to(TOP)), {})
    for block in blocks(document):
        assert block.language in run_by, f"{block.place}: nobody tries this {block.language or 'block'}"
        assert (Path(__file__).parent / run_by[block.language]).exists()


def test_every_command_that_is_named_exists_with_its_options() -> None:
    lines = [(file, line) for file in [*DOCUMENTS, *SOURCES] for line in named_commands(file)]
    assert len(lines) > 50
    unknown = {
        f"{file.relative_to(TOP)}: {line}: {unknown_in(line)}" for file, line in lines if unknown_in(line)
    }
    assert unknown == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.stem)
def test_every_variable_module_and_target_that_is_named_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    settings = {f"MMS_{name.upper()}" for name in Settings.model_fields}
    known = settings | {f"{name}_FILE" for name in settings} | OTHER_VARIABLES
    assert set(re.findall(r"\bMMS_[A-Z_]*[A-Z]\b", text)) <= known
    makefile = (TOP / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make ([a-z-]+)", text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"
    for module in re.findall(r"python -m ([\w.]+)", text):
        assert find_spec(module), module
    for script in re.findall(r"python ([\w/]+\.py)", text):
        assert (TOP / script).exists(), script


def test_the_readers_of_documents_read_what_they_should(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "## A\n\n1. x\n\n   ```sh\n   one   # why\n   ```\n\n## B\n\n```console\n$ two\n…\nend, …\n```\n"
    )
    assert commands(section(page, "A")) == ["one"]
    ((command, shown),) = sessions(section(page, "B"))
    assert (command, is_shown(shown, "a\nb\nend, of it\n")) == ("two", True)
    assert not is_shown(shown, "a\nthe end of it\n")
    assert is_shown(["only"], "only\n")
    assert not is_shown(["only"], "only\nand more\n")
    assert unknown_in("mms campaign check FILE --eror x") == "--eror"
    assert unknown_in("mms campain check") == "campain"


def test_python_is_the_one_that_the_readme_asks_for() -> None:
    needed = re.search(r"Python (\d)\.(\d+) or later", (TOP / "README.md").read_text("utf-8"))
    assert needed
    assert sys.version_info >= (int(needed[1]), int(needed[2]))
