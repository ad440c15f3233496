"""A task that checks its arguments: a hint that does not say where to look is dropped."""

from __future__ import annotations

import inspect
import logging
from typing import Any, get_type_hints

from celery import Task
from celery.exceptions import Ignore

log = logging.getLogger(__name__)


class CheckedTask(Task):  # type: ignore[misc]  # Celery has no types
    """Celery's task; a hint whose arguments are not those of the task is dropped with one line."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Do it.

        Raises:
            Ignore: the arguments are others, or of another type.
        """
        if not self._fits(arguments, named):
            log.warning("a hint for %s was dropped: it does not say what it has to say", self.name)
            raise Ignore
        return self.run(*arguments, **named)

    def _fits(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> bool:
        try:
            given = inspect.signature(self.run).bind(*arguments, **named).arguments
        except TypeError:
            return False
        wanted = get_type_hints(self.run)
        return all(type(value) is wanted[name] for name, value in given.items())
