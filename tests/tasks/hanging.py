"""`python -m tests.tasks.hanging QUEUE…`: these workers, with short times; looking after batches never ends."""

from __future__ import annotations

import sys
import threading
from typing import Any

from dispatcher.pipeline import polls
from tasks import guard

guard.LOOK_SECONDS = 0.5
guard.STILL_SECONDS = guard.SILENT_SECONDS = 4.0
guard.GRACE_SECONDS = 1.0


def _hang(*_: Any) -> str:
    threading.Event().wait()
    return ""


vars(polls)["look_after_batches"] = _hang

if __name__ == "__main__":
    from tasks.worker import main

    sys.exit(main(sys.argv[1:]))
