"""What CarrierX is asked, kind by kind: the verbs that the hints of a tick call. A hint is over when its verb is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dispatcher.ledger.store import keys
from dispatcher.pipeline.consent.auto_replies import answer_inbound
from dispatcher.pipeline.reconcile.failure_reasons import explain_failures
from dispatcher.pipeline.reconcile.reconcile import look_while_due
from dispatcher.pipeline.runtime.runtime import Runtime

#: A latch for each of these lists: a hint at it is on its way.
HINTED = "mms:turn:hinted:"


def look_for_unconfirmed(runtime: Runtime) -> str:
    """Look for messages whose outcome is unknown. Answers one line."""
    with _hint_over(runtime, keys.SEARCH):
        return look_while_due(runtime, "search")


def look_after_batches(runtime: Runtime) -> str:
    """Ask for states that never came, let silent group members inherit. Answers one line."""
    with _hint_over(runtime, keys.CARE):
        return look_while_due(runtime, "care")


def answer_messages(runtime: Runtime) -> str:
    """Prove and answer inbound messages that something follows from. Answers one line."""
    with _hint_over(runtime, keys.INBOUND_UNANSWERED):
        return answer_inbound(runtime)


def explain(runtime: Runtime) -> str:
    """Ask why messages failed. Answers one line."""
    return explain_failures(runtime, runtime.ledger.agenda.now_ms())


@contextmanager
def _hint_over(runtime: Runtime, key: str) -> Iterator[None]:
    try:
        yield
    finally:
        runtime.ledger.agenda.unlatch(HINTED + key)
