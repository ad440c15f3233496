"""The help of a group is what Typer draws, to the byte, whatever the terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from typer.core import TyperGroup

from dispatcher.cli.shell.deferred import DeferredGroup
from tests.command_tree import ROOT, commands

GROUPS = [(path, command) for path, command in commands() if isinstance(command, DeferredGroup)]
TERMINALS: list[dict[str, str]] = [
    *({"COLUMNS": str(columns)} for columns in (12, 20, 33, 50, 79, 80, 100, 200)),
    {"COLUMNS": "90", "FORCE_COLOR": "1", "TERM": "xterm-256color"},
    {"COLUMNS": "60", "FORCE_COLOR": "1", "TERM": "xterm", "COLORTERM": "truecolor"},
    {"COLUMNS": "60", "FORCE_COLOR": "1", "NO_COLOR": "1"},
    {"COLUMNS": "60", "TERM": "dumb", "PY_COLORS": "1"},
]


def drawn(group: Any, draw: Any, path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> str:
    """What this way of drawing writes."""
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    context = ROOT.context_class(group, info_name=" ".join(("mms", *path)))
    draw(group, context, context.make_formatter())
    return out.getvalue()


def test_the_groups_with_stand_ins_are_drawn_by_us() -> None:
    assert [path for path, _ in GROUPS] == [(), ("campaign",)]


@pytest.mark.parametrize("terminal", TERMINALS, ids=str)
@pytest.mark.parametrize(("path", "group"), GROUPS, ids=lambda value: str(value)[:20])
def test_typer_draws_the_same(
    path: tuple[str, ...], group: Any, terminal: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TERM", "COLORTERM", "PY_COLORS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in terminal.items():
        monkeypatch.setenv(name, value)
    forced = True if "FORCE_COLOR" in terminal or "PY_COLORS" in terminal else None
    monkeypatch.setattr("typer.rich_utils.FORCE_TERMINAL", forced)  # it reads them when it is imported
    ours = drawn(group, type(group).format_help, path, monkeypatch)
    typers = drawn(group, TyperGroup.format_help, path, monkeypatch)
    assert ours == typers
    assert min(group.commands, key=len) in ours
