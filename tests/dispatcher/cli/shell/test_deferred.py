"""Commands are imported when they run, and the help says the same as if they were imported before."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_tree import commands, deferred

#: What is heavy, and what of it a command may load: `mms --help` nothing of it.
HEAVY = {
    "argon2",
    "celery",
    "fastapi",
    "flower",
    "jinja2",
    "kombu",
    "opentelemetry",
    "phonenumbers",
    "psutil",
    "pydantic",
    "redis",
    "requests",
    "rich.markdown",
    "starlette",
    "tornado",
    "urllib3",
    "uvicorn",
}
LEDGER = {"redis", "opentelemetry", "pydantic"}


def loaded(arguments: list[str], folder: Path, **environment: str) -> set[str]:
    """What of it a new interpreter has loaded when this command has ended."""
    code = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print('loaded', *sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr))\n"
        f"sys.argv = ['mms', *{arguments!r}]\n"
        "from dispatcher.cli.main import run\n"
        "run()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    last = done.stderr.splitlines()[-1].split()
    assert last[0] == "loaded", done.stderr
    return set(last[1:])


def test_every_stand_in_says_what_its_command_says() -> None:
    assert len(list(deferred())) > 25
    for path, stand_in in deferred():
        paragraphs = inspect.cleandoc(stand_in.command.help).split("\n\n")
        assert stand_in.help == paragraphs[0].replace("\n", " "), " ".join(path)
        assert not stand_in.command.hidden
        assert not stand_in.command.deprecated


def test_a_stand_in_gives_way_to_its_command() -> None:
    names = {path for path, _ in commands()}
    assert {("campaign", "show"), ("optout", "import"), ("doctor",)} <= names
    assert all(command.params is not None for _, command in commands())


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_what_needs_no_command_loads_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    assert loaded(arguments, tmp_path) == set()


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [["--nonsense"], ["campaign"], ["campaign", "--help"], ["campaign", "shw"]]
)
def test_what_is_no_command_loads_none(arguments: list[str], tmp_path: Path) -> None:
    """Typer itself reads values with pydantic, and draws errors with what draws Markdown."""
    assert loaded(arguments, tmp_path) <= {"pydantic", "rich.markdown"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [["list"], ["show", "nobody"], ["watch", "nobody"], ["pause", "nobody"]]
)
def test_a_look_at_campaigns_loads_the_ledger_and_nothing_else(
    arguments: list[str], tmp_path: Path, valkey_url: str
) -> None:
    assert loaded(["campaign", *arguments], tmp_path, MMS_REDIS_URL=valkey_url) <= LEDGER


@pytest.mark.slow
@pytest.mark.parametrize("command", [["check"], ["check", "--errors", "bad.csv"]])
def test_a_check_of_a_file_loads_neither_the_way_to_carrierx_nor_celery(
    command: list[str], tmp_path: Path, valkey_url: str
) -> None:
    (tmp_path / "one.csv").write_text("to,message\n15165550199,hello\n")
    given = ["campaign", *command, "one.csv", "--simulate", "--from", "15165550198"]
    assert loaded(given, tmp_path, MMS_REDIS_URL=valkey_url) <= LEDGER


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["report", "nobody"], ["audit", "nobody"]])
def test_a_report_loads_no_way_to_carrierx(arguments: list[str], tmp_path: Path, valkey_url: str) -> None:
    assert loaded(["campaign", *arguments], tmp_path, MMS_REDIS_URL=valkey_url) <= LEDGER


@pytest.mark.slow
def test_doctor_loads_no_server_of_pages(tmp_path: Path, valkey_url: str) -> None:
    found = loaded(["doctor"], tmp_path, MMS_REDIS_URL=valkey_url, MMS_SIMULATE="true")
    assert found & {"fastapi", "flower", "jinja2", "starlette", "tornado", "uvicorn"} == set()
