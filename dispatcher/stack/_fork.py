"""A service in a fork of this process: what it needs is imported already, in pages that all services share.

A process of its own costs some 50 MB and a second of CPU before it does anything, nearly all of it imports. A fork of
a process that has them costs what it writes to. It runs the command that it would run by itself, `python -m MODULE …`.
"""

from __future__ import annotations

import gc
import os
import runpy
import signal
import sys
import threading
from collections.abc import Iterable, Mapping
from importlib import import_module
from multiprocessing import get_context

from dispatcher.ledger.store import last_contact
from dispatcher.settings import settings
from dispatcher.stack import _nameplate

#: Signals that a parent may have handlers for; a fork begins with none of them.
_HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Fork:
    """`python -m MODULE ARGUMENT…` in a fork, as a process of its own would run it: leader of a session, with that
    environment, no open file but its three, and nobody's handlers of signals. The process list shows `mms-NAME`, and
    of the environment `shown`; see `possible`.

    As much of `subprocess.Popen` as a supervisor asks for.
    """

    def __init__(
        self, name: str, module: tuple[str, ...], environment: Mapping[str, str], shown: str, output: int
    ) -> None:
        def live() -> None:
            _leave_the_parent(output)
            os.environ.clear()
            os.environ.update(environment)
            _nameplate.write(f"mms-{name}", shown)
            _run_module(module)

        self._process = get_context("fork").Process(target=live)
        masked = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, masked)
        self.pid = self._process.pid or 0

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it lives."""
        return self._process.exitcode

    def wait(self) -> int:
        """Return when it has ended; the same."""
        self._process.join()
        return self._process.exitcode or 0


def possible(shown: str = "") -> bool:
    """Whether a fork is safe here, and can show this `NAME=VALUE`: one thread, on a system where forks are usual.

    Elsewhere, and once there is a second thread (it may hold a lock that nobody in the fork gives back), what would be
    forked has to be a process of its own.
    """
    return sys.platform == "linux" and threading.active_count() == 1 and _nameplate.has_room_for(shown)


def preload(modules: Iterable[str]) -> None:
    """Import what forks will share. The garbage collector leaves it alone from now on: looking would copy the pages."""
    if possible():
        for name in modules:
            import_module(name)
        gc.collect()
        gc.freeze()


def _leave_the_parent(output: int) -> None:
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    signal.set_wakeup_fd(-1)
    for number in _HANDLED:
        usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, usual)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLED)


def _run_module(module: tuple[str, ...]) -> None:
    settings.cache_clear()
    last_contact.start_afresh()
    sys.argv[:] = module
    sys.modules.pop(module[0], None)  # it runs as `__main__`
    runpy.run_module(module[0], run_name="__main__", alter_sys=True)
