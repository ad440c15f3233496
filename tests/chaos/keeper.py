"""Keeps the parts of a stack alive as a supervisor would, and does later what is to be done later."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from tests.chaos.processes import Part


class Keeper:
    """One thread. Parts may be added and taken away at any time; `over` is set when it ends."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self.lock = threading.RLock()
        self.over = threading.Event()
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def start(self) -> None:
        """From now on parts are looked after."""
        self._thread.start()

    def end(self) -> None:
        """End all parts, for good."""
        self.over.set()
        self.end_parts()
        if self._thread.ident is not None:
            self._thread.join(10)

    def end_parts(self, but: Iterable[str] = ()) -> None:
        """End all parts but these, for good."""
        with self.lock:
            for name, part in self.parts.items():
                if name not in but:
                    part.end()

    def add(self, part: Part) -> None:
        """Start it and keep it alive."""
        with self.lock:
            self.parts[part.name] = part

    def take_away(self, name: str) -> None:
        """End this part, for good."""
        with self.lock:
            self.parts.pop(name).end()

    def later(self, seconds: float, deed: Callable[[], None]) -> None:
        """Do this after so many seconds, on a thread of its own."""
        with self.lock:
            self._later.append((time.monotonic() + seconds, deed))

    def calm_down(self) -> None:
        """Do at once what was to be done later; everything runs."""
        with self.lock:
            waiting, self._later = self._later, []
        threads = [_started(deed) for _, deed in waiting]
        for thread in threads:
            thread.join(30)

    def _keep(self) -> None:
        while not self.over.wait(0.05):
            with self.lock:
                for part in list(self.parts.values()):
                    if not self.over.is_set():
                        part.look_after()
                now = time.monotonic()
                due = [deed for at, deed in self._later if at <= now]
                self._later = [(at, deed) for at, deed in self._later if at > now]
            for deed in due:  # one that hangs must not hold up the next
                _started(deed)


def _started(deed: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=deed, name="later", daemon=True)
    thread.start()
    return thread
