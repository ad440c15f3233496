"""Work that is done while a stack runs: in a thread beside the supervisor, which has the process's main thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

from dispatcher.stack.supervisor import Supervisor


class BackgroundWork:
    """Some work and its outcome. `stay`: the stack goes on after work that went well."""

    def __init__(self, work: Callable[[], None], *, stay: bool = False) -> None:
        self._work = work
        self._stay = stay
        self._error: BaseException | None = None
        self._done = False

    def start(self, supervisor: Supervisor) -> None:
        """Begin; the supervisor is asked to end everything afterwards."""
        threading.Thread(target=self._run, args=(supervisor,), name="background", daemon=True).start()

    def raise_error(self) -> None:
        """Pass on what went wrong with the work while the stack ran, after it has ended."""
        if self._error is not None:
            raise self._error

    @property
    def done(self) -> bool:
        """Whether the work came to its end, and went well."""
        return self._done

    def _run(self, supervisor: Supervisor) -> None:
        try:
            self._work()
            self._done = True
        except BaseException as error:
            if not supervisor.stopping:  # else it fails because the stack is being ended under it
                self._error = error
        if self._error is not None or not self._stay:
            supervisor.ask_to_stop()
