"""A supervisor in a process of its own, to be sent signals. Arguments: FOLDER, then NAME:WAVE:MANNERS…

Of the manners `forked` is for the supervisor, the others for the stand-in.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dispatcher.errors import ServiceFailed
from dispatcher.stack._process import Service
from dispatcher.stack.run_directory import only_one
from dispatcher.stack.supervisor import Supervisor
from tests.dispatcher.stack import stand_in


def say(line: str) -> None:
    """Print it at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(folder: Path, *wanted: str) -> None:
    """Supervise stand-ins until told to end; all of them write to FOLDER/notes."""
    with (
        only_one(folder) as run,
        Supervisor(run=run, logs=folder / "logs", say=say) as supervisor,
    ):
        for each in wanted:
            name, wave, manners = each.split(":")
            command = (sys.executable, "-m", stand_in.__name__, str(folder / "notes"), *manners.split(","))
            forked = "forked" in manners
            supervisor.start(Service(name, command, {**os.environ, "PART": name}, int(wave), forked))
        supervisor.run()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), *sys.argv[2:])
    except ServiceFailed as error:
        say(f"given up: {error.message}\n{error.hint}")
        sys.exit(error.exit_status)
