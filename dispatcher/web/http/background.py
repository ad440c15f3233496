"""Publishing to the broker beside the answer: a broker that hangs holds up neither a request nor a shutdown."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)


def in_background(publish: Callable[[], None], name: str) -> threading.Thread:
    """Run `publish` in a daemon thread. Its failure is logged by kind: hints may be lost, the tick does it too."""

    def run() -> None:
        try:
            publish()
        except Exception as error:
            logger.info("%s not published: %s", name, type(error).__name__)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
