"""The embedded Valkey's files while `mms up` runs: how they were found, and how they are left."""

from __future__ import annotations

from types import TracebackType

from dispatcher.ledger.store.append_only_files import lengths
from dispatcher.pipeline.recovery.restore_detection import remember_files
from dispatcher.settings import Settings


class EmbeddedStore:
    """A context manager around everything that writes to them. `ledger` is whose they are, once that is known."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.found = lengths(settings.data_dir)
        self.ledger = ""

    def __enter__(self) -> EmbeddedStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.ledger:
            remember_files(self._settings, self.ledger)
