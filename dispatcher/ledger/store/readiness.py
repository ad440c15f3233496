"""Whether the ledger could grant a claim now, and why not; and what an operator says of its replicas."""

from __future__ import annotations

import time

from dispatcher.errors import MmsError
from dispatcher.ledger.store.replicas import ReplicaCount
from dispatcher.ledger.store.scripts import Scripts

_TRIAL_MS = 60_000


class Readiness:
    """The store as a claim finds it."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._replicas = scripts.claim_guard.replicas
        self._found: tuple[float, MmsError | None] = (float("-inf"), None)

    def problem(self, *, within_seconds: float = 0.0) -> MmsError | None:
        """Why no claim can be granted on this Redis now, found by writing as a claim does; None: one can.

        What was found in the last `within_seconds` is told again: who may ask as often as they like costs no write.
        """
        at, found = self._found
        if time.monotonic() - at >= within_seconds:
            found = self._tried()
            self._found = time.monotonic(), found
        return found

    def _tried(self) -> MmsError | None:
        try:
            self._scripts.run_many([("batches/try_claim", (_TRIAL_MS,))])
        except MmsError as error:
            return error
        return None

    def replicas(self) -> ReplicaCount:
        """How many replicas there should be, are attached, and must confirm a claim.

        Raises:
            ClaimsHeld: this Redis is a replica itself.
            StoreUnavailable: Redis does not answer.
        """
        return self._replicas.look()

    def expect(self, replicas: int) -> None:
        """An operator's word: there should be so many replicas from now on.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        self._replicas.expect(replicas)

    def confirm(self, replicas: int) -> None:
        """An operator's word: so many of them must have a claim on disk, a majority in any case.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        self._replicas.confirm(replicas)
