"""`mms` commands in this process: the real command tree, the real ledger, only without a new interpreter for each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from dispatcher.cli.main import app
from dispatcher.errors import MmsError
from dispatcher.settings import settings


@dataclass(frozen=True)
class Said:
    """What a command wrote, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


class Mms:
    """Runs commands under an environment."""

    def __init__(self, **environment: str) -> None:
        self.environment = environment

    def __call__(self, *arguments: str, stdin: str | None = None) -> Said:
        settings.cache_clear()
        try:
            result = CliRunner().invoke(app, list(arguments), env=self.environment, input=stdin)
        finally:
            settings.cache_clear()
        error = result.exception
        if isinstance(error, MmsError):
            return Said(error.exit_status, result.stdout, f"{error.message}\n{error.hint}")
        if error is not None and not isinstance(error, SystemExit):
            raise error
        return Said(result.exit_code, result.stdout, result.stderr)
