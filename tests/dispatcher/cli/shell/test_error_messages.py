"""Whatever stands in any argument of any command: a sentence, never a traceback nor "this should not have happened"."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dispatcher.cli.shell.error_messages import is_text, system_error
from tests.command_tree import commands
from tests.mms import Mms

HOSTILE = (
    "",
    "\udc80",
    "a\0b",
    "a" * 5000,
    "/",
    "/dev/zero",
    "/proc/self/mem",
    "9" * 400,
    "\x1b]52;c;x\x07",
    "-1",
)
#: These start processes and do not come back.
STARTING = {"up", "work", "web", "control", "demo", "simulator"}


def calls(path: tuple[str, ...], command: Any, good: str) -> Iterator[list[str]]:
    """The command with each hostile text in each of its places."""
    places = [one for one in command.params if one.param_type_name == "argument"]
    options = [
        one
        for one in command.params
        if one.param_type_name == "option" and not getattr(one, "is_flag", False)
    ]
    plain = [good if "FILE" in str(one.metavar or one.name).upper() else "1" for one in places]
    required = [text for one in options if one.required for text in (one.opts[0], "1")]
    for text in HOSTILE[:4]:
        for place in range(len(places)):
            yield [*path, *required, "--", *plain[:place], text, *plain[place + 1 :]]
        for option in options:
            yield [*path, *required, option.opts[0], text, "--", *plain]


@pytest.mark.slow
def test_no_argument_of_any_command_ends_in_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.csv").write_text("to\n12125550101\n")
    mms = Mms(
        MMS_REDIS_URL="redis://127.0.0.1:1/0",
        MMS_DATA_DIR=str(tmp_path / "data"),
        MMS_SIMULATE="true",
        MMS_CARRIERX_URL="http://127.0.0.1:1",
        MMS_CARRIERX_TOKEN="x",
    )
    tried = 0
    for path, command in commands():
        if hasattr(command, "commands") or path[0] in STARTING:
            continue
        for call in calls(path, command, "good.csv"):
            mms(*call)  # raises whatever is no error of ours
            tried += 1
    assert tried > 300


@pytest.mark.slow
@pytest.mark.parametrize(
    "option", ["--message", "--name", "--media", "--from", "--group-by", "--at", "--max-cost", "--rate"]
)
def test_no_option_of_a_submit_does_on_a_ledger(mms: Mms, tmp_path: Path, option: str) -> None:
    file = tmp_path / "good.csv"
    file.write_text("to,a\n12125550101,x\n")
    given = ["--from", "15165550199"] if option != "--from" else []
    for text in HOSTILE:
        said = mms("campaign", "submit", str(file), *given, "--yes", option, text, "--allow-same-file")
        assert said.status in (0, 1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("command", [("campaign", "check"), ("campaign", "submit"), ("optout", "import")])
def test_what_is_no_file_is_named(mms: Mms, tmp_path: Path, command: tuple[str, str]) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere")
    for name, word in {"pipe.csv": "pipe", "folder.csv": "directory", "gone.csv": "No such file"}.items():
        said = mms(*command, str(tmp_path / name))
        assert said.status == 2
        assert word in said.err
    assert "device" in mms(*command, "/dev/zero").err
    assert "cannot be read to its end" in mms(*command, "/proc/self/mem").err


def test_a_surrogate_is_refused_by_the_name_of_its_option(mms: Mms) -> None:
    said = mms("optout", "add", "15162065574", "--source", "\udc80")
    assert said.status == 2
    assert said.err.startswith("--source holds bytes that are no text")


def test_what_the_system_says_is_a_sentence() -> None:
    assert system_error(OSError(28, "No space left on device")).exit_status == 1
    assert (
        "x.csv cannot be used: No such file"
        in system_error(FileNotFoundError(2, "No such file", "x.csv")).message
    )
    assert [is_text(text) for text in ("é😀", "", "\ud800", "é\0", "\0")] == [True, True, False, False, False]
