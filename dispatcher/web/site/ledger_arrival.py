"""The ledger may come later than the web process: until it is there the receiver spools, and pages say so."""

from __future__ import annotations

import logging
import threading

import redis

from dispatcher.errors import MmsError, StoreUnavailable
from dispatcher.ledger.installation.installation import Installation, callback_keys, prepare
from dispatcher.ledger.store.ledger_id import ledger_id
from dispatcher.settings import Settings
from dispatcher.web.site.callback_keys import CallbackKeys

logger = logging.getLogger(__name__)


class LedgerArrival:
    """The installation, once the ledger was seen; `keys` learns the ledger's callback keys then."""

    def __init__(self, client: redis.Redis, settings: Settings, keys: CallbackKeys) -> None:
        self._redis = client
        self._settings = settings
        self._keys = keys
        self._found: Installation | None = None
        self._ledger = ""
        self._why = StoreUnavailable("Redis does not answer", hint="try again in a moment")
        self._lock = threading.Lock()

    @property
    def installation(self) -> Installation:
        """What was made once for this ledger.

        Raises:
            StoreUnavailable: the ledger was not seen since our start; says why.
        """
        if self._found is None:
            raise self._why
        return self._found

    @property
    def ledger(self) -> str:
        """The ledger's own name.

        Raises:
            StoreUnavailable: as `installation`.
        """
        if self._found is None:
            raise self._why
        return self._ledger

    @property
    def is_there(self) -> bool:
        """The ledger was seen since our start."""
        return self._found is not None

    def callback_keys(self) -> tuple[str, ...]:
        """The keys that count now, as the ledger has them.

        Raises:
            StoreUnavailable: Redis does not answer, or the ledger was not seen since our start.
        """
        self.installation  # noqa: B018 - raises while it may be another's
        return callback_keys(self._redis, self._settings)

    def begin(self) -> None:
        """The first look, at the start.

        Raises:
            ConfigError: Redis answers, but the ledger is another installation's, or refuses us.
        """
        try:
            self._look()
        except StoreUnavailable as error:
            self._note(error)
            logger.warning("the receiver takes callbacks and keeps them here until the ledger is there")

    def look(self) -> bool:
        """Look again unless it was seen; whether it is there. Never raises: the receiver goes on spooling."""
        with self._lock:
            if self._found is not None:
                return True
            try:
                self._look()
            except (MmsError, redis.RedisError, OSError) as error:
                self._note(error)
                return False
        logger.info("the ledger is there")
        return True

    def _look(self) -> None:
        found = prepare(self._redis, self._settings, lets_people_in=True)
        self._ledger = ledger_id(self._redis)
        self._keys.learn(callback_keys(self._redis, self._settings))
        self._found = found

    def _note(self, error: Exception) -> None:
        why = (
            error if isinstance(error, MmsError) else StoreUnavailable("Redis does not do what we ask of it")
        )
        if why.message != self._why.message:
            logger.warning("no ledger: %s", why.message)
        self._why = StoreUnavailable(why.message, hint=why.hint or "try again in a moment")
