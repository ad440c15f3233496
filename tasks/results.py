"""There are no results to ask Celery for; who asks is told so in a sentence."""

from __future__ import annotations

from typing import Any, NoReturn

from celery.backends.base import DisabledBackend
from celery.exceptions import CeleryCommandException


class NoResults(DisabledBackend):  # type: ignore[misc]  # Celery has no types
    """Keeps nothing. `celery result` prints the sentence instead of a traceback."""

    def _is_disabled(self, *_: Any, **__: Any) -> NoReturn:
        raise CeleryCommandException(
            "no results are kept: what a task did stands in Flower, what became of a message in the ledger "
            "(`mms campaign show`, `mms message`)",
            exit_code=1,
        )

    get_state = get_status = get_result = get_traceback = _is_disabled
    get_task_meta_for = wait_for = get_many = wait_for_pending = _is_disabled
