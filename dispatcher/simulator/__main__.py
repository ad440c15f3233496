"""The child of `simulator_process`: options as a JSON line on stdin, the address on stdout; EOF ends it."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading

from dispatcher.simulator.engine import Engine
from dispatcher.simulator.faults import Faults
from dispatcher.simulator.launch import serve_until_signal


def _end_with_parent() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _say(url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def main() -> None:
    """Run until told to stop."""
    options = json.loads(sys.stdin.readline())
    faults = Faults.model_validate(options["faults"])
    engine = Engine(faults, options["token"], options["callback_url"])
    serve_until_signal(engine, "127.0.0.1", options["port"], _say)


if __name__ == "__main__":
    main()
