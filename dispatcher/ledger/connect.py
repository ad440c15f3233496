"""The connection to Redis: where it is, and with which care it is talked to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dispatcher.errors import ConfigError, StoreUnavailable
from dispatcher.ledger.embedded import embedded_url
from dispatcher.ledger.voice import speak
from dispatcher.settings import Settings

#: No silent repeats: every script is safe to run twice, but who repeats it, and when, is ours to decide.
CONNECTION: dict[str, Any] = {
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "retry_on_timeout": False,
}


#: Errors that say that Redis cannot work now, not that the call was wrong.
_UNABLE = {
    "MISCONF": "cannot write to its disk",
    "NOREPLICAS": "has too few replicas to write",
    "BUSY ": "is busy with a script",
}
#: Those that the client takes for classes of their own, the code cut off their texts.
_UNABLE_CLASSES = {
    redis.OutOfMemoryError: "has no memory left and refuses to write",
    redis.exceptions.MasterDownError: "is a replica without its primary",
    redis.exceptions.NoScriptError: "was restarted just now, and forgot the scripts that it was taught",
}


def _problem(error: redis.ResponseError) -> str | None:
    """Why Redis cannot work now, in words; None where the call was wrong."""
    by_class = (words for kind, words in _UNABLE_CLASSES.items() if isinstance(error, kind))
    by_text = (words for begin, words in _UNABLE.items() if str(error).startswith(begin))
    return next(by_class, None) or next(by_text, None)


def redis_url(settings: Settings) -> str:
    """The address of the ledger: `MMS_REDIS_URL`, else that of the embedded Valkey of this data folder.

    Raises:
        ConfigError: neither is there.
    """
    url = settings.redis_url or embedded_url(settings.data_dir)
    if url is None:
        raise ConfigError(
            f"no Redis: MMS_REDIS_URL is not set and no embedded Valkey is known in {settings.data_dir}",
            hint="start everything with `mms up` in this folder, or set MMS_REDIS_URL",
        )
    return url


def connect(settings: Settings, **options: Any) -> redis.Redis:
    """A client of the ledger. Connects on first use.

    Raises:
        ConfigError: there is no address.
    """
    return client(redis_url(settings), **options)


def client(url: str, **options: Any) -> redis.Redis:
    """A client of the Redis at `url`, answers as bytes, nothing repeated behind our back."""
    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **{**CONNECTION, **options})


def text_of(value: Any) -> str:
    """An answer of Redis as text; its client's types leave open which of the two it is."""
    return value.decode() if isinstance(value, bytes) else str(value)


@contextmanager
def translated() -> Iterator[None]:
    """Foreign errors of the connection become `StoreUnavailable`.

    Raises:
        StoreUnavailable: Redis does not answer, or is loading.
    """
    speak()
    try:
        yield
    except redis.AuthenticationError:
        raise ConfigError("Redis refuses the password", hint="mend MMS_REDIS_URL") from None
    except (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError, redis.ReadOnlyError) as error:
        raise StoreUnavailable(
            f"Redis does not answer ({type(error).__name__})", hint="is it running? try `mms doctor`"
        ) from error
    except redis.ResponseError as error:
        problem = _problem(error)
        if problem is None:
            raise
        raise StoreUnavailable(f"Redis {problem}", hint="see its log; try `mms doctor`") from error
