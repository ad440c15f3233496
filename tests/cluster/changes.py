"""Which modules of the dispatcher the kit changes as they are imported, and how. Imports nothing of them itself."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

#: A process that has this is one of the kit's; its value names a plant, or is empty.
PLANT_VARIABLE = "CLUSTER_PLANT"
#: By how many seconds the clock of its host is ahead.
AHEAD_VARIABLE = "CLUSTER_CLOCK_AHEAD"
#: Module, name, value in the kit: chaos's short times but for those of what is lost with a server, and how long
#: its failover takes.
SHORT: tuple[tuple[str, str, float], ...] = (
    ("dispatcher.pipeline.tick", "POLLS_LATCH_MS", 1_000),
    ("dispatcher.rules.retry_policy", "FIRST_LOOK_MS", 1_500),
    ("dispatcher.rules.retry_policy", "LOOK_AGAIN_MS", 1_500),
    ("dispatcher.rules.retry_policy", "LONGEST_POLL_MS", 3_000),
    ("dispatcher.pipeline.reconcile.reconcile", "SLICE_MS", 1_000),
    ("dispatcher.pipeline.reconcile.reconcile", "LEASE_MS", 3_000),
)


def _confirmed_by_nobody(module: ModuleType) -> None:
    """A claim is granted as soon as one server has it, whichever."""
    guard, waits = vars(module)["ClaimGuard"], vars(module)["_Waits"]
    guard.require = lambda one: waits(0, 0, False, one._made, one._misses)
    guard._prove = lambda *_: None


#: A promise taken out, to prove that the kit misses it: module, and what is done to it.
PLANTS: dict[str, tuple[str, Callable[[ModuleType], None]]] = {
    "unconfirmed": ("dispatcher.ledger.store._claim_guard", _confirmed_by_nobody)
}
CHANGED = frozenset({name for name, _, _ in SHORT} | {name for name, _ in PLANTS.values()})


def change(module: ModuleType, plant: str) -> None:
    """Change it as these tables say.

    Raises:
        AttributeError: a name is not there any more; the table has to follow.
    """
    for name, attribute, value in SHORT:
        if name == module.__name__:
            before: Any = getattr(module, attribute)
            setattr(module, attribute, type(before)(value))
    of, spoil = PLANTS.get(plant, ("", None))
    if of == module.__name__ and spoil is not None:
        spoil(module)
