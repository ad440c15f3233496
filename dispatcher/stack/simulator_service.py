"""The simulator as a service of `mms up --simulate`: `mms simulator`, its callback URL kept off the command line.

The callback URL ends in a secret, and command lines are seen by every user of a machine, environments are not.
"""

from __future__ import annotations

import os
import sys

from dispatcher.host.ports import LOOPBACK
from dispatcher.simulator.engine import Engine
from dispatcher.simulator.faults import DEMO
from dispatcher.simulator.launch import serve_until_signal

PORT_VARIABLE = "MMS_SIMULATOR_PORT"
CALLBACK_VARIABLE = "MMS_SIMULATOR_CALLBACK"

#: The simulator's bearer token: it listens on this machine only and protects nothing.
TOKEN = "simulated"  # noqa: S105


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """Serve until SIGTERM; 1 when the port is taken."""
    engine = Engine(DEMO, TOKEN, os.environ[CALLBACK_VARIABLE])
    port = int(os.environ[PORT_VARIABLE])
    try:
        serve_until_signal(engine, LOOPBACK, port, _say)
    except OSError as error:
        sys.stderr.write(f"port {port} cannot be listened on: {error.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
