"""A small process that outlives a supervisor killed with SIGKILL, and then ends its services in order.

It reads a pipe from the supervisor. A clean stop says so in it; an end without a word means that the
supervisor died. That works on every system and lets Valkey end last, so that workers can still record what
they had in flight.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from dispatcher.host.under_way import MARK
from dispatcher.stack.process_registry import end, kill_marked, recorded

GOODBYE = b"bye"


def main(run: Path) -> None:
    """Wait for the supervisor of this folder to end; clean up after it unless it said goodbye."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.stdin.buffer.read().endswith(GOODBYE):
        return
    mark = os.environ.get(MARK, "")
    end(process for process in recorded(run) if process.mark == mark and process.pid != os.getpid())
    kill_marked(lambda other: other == mark)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
