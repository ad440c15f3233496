"""A task that checks its arguments: a hint that does not say where to look is dropped.

A hint that this program is too old to follow is given back, for the workers that are not.
"""

from __future__ import annotations

import inspect
import logging
import time
from typing import Any, get_type_hints

from celery import Task
from celery.exceptions import Ignore

from dispatcher.errors import LedgerNewer
from tasks.stopping import is_stopping

log = logging.getLogger(__name__)

#: A worker that is refused sees it and ends within this time; it takes no hint meanwhile.
REFUSED_SECONDS = 30.0
_LOOK_SECONDS = 0.1


class CheckedTask(Task):  # type: ignore[misc]  # Celery has no types
    """Celery's task; a hint whose arguments are not those of the task is dropped with one line."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Do it.

        Raises:
            Ignore: the arguments are others, or of another type.
            LedgerNewer: the ledger lets in newer programs only; the hint is given back.
        """
        if not self._fits(arguments, named):
            log.warning("a hint for %s was dropped: it does not say what it has to say", self.name)
            raise Ignore
        try:
            return self.run(*arguments, **named)
        except LedgerNewer:
            self._give_back(arguments, named)
            raise

    def _fits(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> bool:
        try:
            given = inspect.signature(self.run).bind(*arguments, **named).arguments
        except TypeError:
            return False
        wanted = get_type_hints(self.run)
        return all(type(value) is wanted[name] for name, value in given.items())

    def _give_back(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Publish it again, and keep its place here until this worker ends: else all that wait would come by."""
        self.apply_async(arguments, named, expires=self.request.expires)
        ends_at = time.monotonic() + REFUSED_SECONDS
        while not is_stopping() and time.monotonic() < ends_at:
            time.sleep(_LOOK_SECONDS)
