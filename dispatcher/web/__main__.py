"""`python -m dispatcher.web`: the console, the API and the callback receiver, on MMS_WEB_HOST:MMS_WEB_PORT."""

from __future__ import annotations

import sys
from importlib import import_module

from dispatcher.control_characters import strip_control_characters
from dispatcher.errors import MmsError
from dispatcher.logs import configure_logging
from dispatcher.pipeline.tick import Hints
from dispatcher.settings import settings
from dispatcher.web.app import create_app
from dispatcher.web.server import run


def main() -> int:
    """Serve; 0 after a clean stop, else what the error says."""
    try:
        chosen = settings()
        configure_logging(chosen.log_level, chosen.log_format)
        hints: Hints = import_module("tasks.hints").HINTS  # reads the settings, which may be refused

        return run(create_app(chosen, hints=hints), chosen)
    except MmsError as error:
        sys.stderr.write(f"{strip_control_characters(error.message)}\n")
        if error.hint:
            sys.stderr.write(f"{strip_control_characters(error.hint)}\n")
        return error.exit_status


if __name__ == "__main__":
    sys.exit(main())
