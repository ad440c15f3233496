"""The times that are constants in the dispatcher, made short for the kit. Settings are short by environment."""

from __future__ import annotations

from importlib import import_module

#: Module, name, value in the kit. None of them decides what is safe, all of them how long something takes.
SHORT: tuple[tuple[str, str, float], ...] = (
    ("dispatcher.pipeline.sending.feed", "OFFER_MS", 3_000),
    ("dispatcher.pipeline.tick", "POLLS_LATCH_MS", 1_000),
    ("dispatcher.pipeline.expansion.expand", "READER_LEASE_MS", 3_000),
    ("dispatcher.pipeline.expansion.expand", "RENEW_SECONDS", 1.0),
    ("dispatcher.rules.retry_policy", "FIRST_LOOK_MS", 1_500),
    ("dispatcher.rules.retry_policy", "BACKOFF_CAP_MS", 2_000),
    ("dispatcher.rules.retry_policy", "LOOK_AGAIN_MS", 1_500),
    ("dispatcher.pipeline.reconcile.reconcile", "SLICE_MS", 1_000),
    ("dispatcher.pipeline.reconcile.reconcile", "LEASE_MS", 3_000),
    ("dispatcher.rules.retry_policy", "LONGEST_POLL_MS", 3_000),
    ("dispatcher.ledger.receipts.callback_stream", "TAKE_OVER_MS", 3_000),
    ("tasks.broker", "ANSWER_SECONDS", 3),
    ("tasks.broker", "HEALTH_SECONDS", 3),
    ("tasks.transport", "BLOCK_SECONDS", 1),
    ("tasks.guard", "LOOK_SECONDS", 1.0),
    ("tasks.guard", "STILL_SECONDS", 10.0),
)

#: Settings of every part of the kit's stack.
SETTINGS = {
    "MMS_LEASE_SECONDS": "2",
    "MMS_GROUP_GRACE": "3",
    "MMS_UNCONFIRMED_WAIT": "6",
    "MMS_POLL_FIRST": "1.5",
    "MMS_POLL_RATE": "100/s",
    "MMS_READ_TIMEOUT": "3",
    "MMS_CONNECT_TIMEOUT": "2",
    "MMS_WORKERS": "2",
    "MMS_IN_FLIGHT": "24",
}


def shorten() -> None:
    """Make them short in this process.

    Raises:
        AttributeError: one of them is not there any more; this table has to follow.
    """
    for module_name, name, value in SHORT:
        module = import_module(module_name)
        getattr(module, name)
        setattr(module, name, type(getattr(module, name))(value))
