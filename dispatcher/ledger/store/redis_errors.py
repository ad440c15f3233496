"""Redis's errors become ours: one table of what each of them means and what to do about it.

A class or the code at the beginning of the text decides. Texts of Redis may repeat what it was asked for, so
nothing of them is passed on but names of commands.
"""

from __future__ import annotations

import re

import redis
from redis import exceptions

from dispatcher.errors import ConfigError, MmsError, StoreRefused, StoreUnavailable
from dispatcher.ledger.store.schema import REFUSAL, newer

#: What a Redis has to allow, version, settings and rights.
NEEDED = "docs/redis.md says what Redis must allow; `mms doctor` names what is missing"
_NO_CLUSTER = "use one primary; for a failover replicas and Sentinels: docs/redis.md"
_LOOK = "see its log; try `mms doctor`"

#: What the client has classes for; the first that fits.
_CLASSES: tuple[tuple[type[Exception], str, str], ...] = (
    (exceptions.BusyLoadingError, "is loading its data", "it answers when it has"),
    (
        exceptions.ReadOnlyError,
        "takes no writes (READONLY): it is a replica",
        "point MMS_REDIS_URL at the primary",
    ),
    (exceptions.OutOfMemoryError, "has no memory left and refuses to write (OOM)", "raise its maxmemory"),
    (exceptions.MasterDownError, "is a replica without its primary (MASTERDOWN)", _LOOK),
    (exceptions.ClusterDownError, "is a cluster that is down (CLUSTERDOWN)", _NO_CLUSTER),
    (exceptions.AskError, "answers as a cluster, which spreads keys over servers", _NO_CLUSTER),
    (exceptions.TryAgainError, "answers as a cluster, which spreads keys over servers", _NO_CLUSTER),
    (exceptions.ClusterError, "answers as a cluster, which spreads keys over servers", _NO_CLUSTER),
    (
        exceptions.RedisClusterException,
        "answers as a cluster, which spreads keys over servers",
        _NO_CLUSTER,
    ),
    (
        exceptions.ClusterCrossSlotError,
        "answers as a cluster, which spreads keys over servers",
        _NO_CLUSTER,
    ),
    (exceptions.NoScriptError, "was restarted just now, and forgot the scripts that it was taught", _LOOK),
    (exceptions.ExecAbortError, "refused a part of a transaction", NEEDED),
    (exceptions.WatchError, "was written to by somebody else in the same moment", "try again"),
    (exceptions.MaxConnectionsError, "has too many connections of this process", "try again"),
)
#: What it has only texts for: the code that they begin with.
_CODES: tuple[tuple[str, str, str], ...] = (
    ("MISCONF", "cannot write to its disk (MISCONF)", "make room on its disk; see its log"),
    (
        "NOREPLICAS",
        "has too few replicas to write (NOREPLICAS)",
        "start its replicas; see min-replicas-to-write",
    ),
    ("BUSY ", "is busy with a script (BUSY)", _LOOK),
    ("UNKILLABLE", "is busy with a script (UNKILLABLE)", _LOOK),
    ("CLUSTERDOWN", "is a cluster that is down (CLUSTERDOWN)", _NO_CLUSTER),
    ("DENIED", "lets nobody in from outside (protected mode)", "give it a password, and MMS_REDIS_URL too"),
    ("NOPROTO", "does not speak this protocol", NEEDED),
    ("FAILOVER", "hands over to a replica just now (FAILOVER)", "it is a moment's matter"),
)
_COMMAND = re.compile(
    r"(?:run the|unknown command:?|Unknown Redis command) ?['`‘\"]?([\w|.-]{1,40})", re.IGNORECASE
)


class MeantError(redis.ConnectionError):
    """Stands for an error of ours where only errors of the client are understood."""

    def __init__(self, meaning: MmsError) -> None:
        super().__init__(meaning.message)
        self.meaning = meaning


def ours(error: Exception) -> MmsError:
    """What an error of the client means to us."""
    if isinstance(error, MeantError):
        return error.meaning
    if isinstance(error, exceptions.AuthenticationError | exceptions.AuthenticationWrongNumberOfArgsError):
        return ConfigError("Redis refuses the password", hint="mend MMS_REDIS_URL")
    for kind, words, hint in _CLASSES:
        if isinstance(error, kind):
            return StoreUnavailable(f"Redis {words}", hint=hint)
    if isinstance(error, redis.ConnectionError | redis.TimeoutError):
        return _unreached(error)
    text = str(error)
    if (refusal := re.match(rf"(?:ERR )?{REFUSAL} (\d+)", text)) is not None:
        return newer(int(refusal[1]))
    if (
        isinstance(error, exceptions.NoPermissionError | exceptions.AuthorizationError)
        or "ACL failure" in text
    ):
        return _not_allowed(text)
    for begin, words, hint in _CODES:
        if text.startswith(begin):
            return StoreUnavailable(f"Redis {words}", hint=hint)
    if "nknown command" in text or "nknown Redis command" in text:
        return StoreUnavailable(f"Redis does not know the command {_command(text)}", hint=NEEDED)
    code = re.match(r"[A-Z]{3,}\b", text)
    what = code[0] if code else type(error).__name__
    return StoreRefused(
        f"Redis refuses a call of ours ({what})",
        hint="does another program write keys that begin with `mms:`, or is this not the Redis of docs/redis.md?",
    )


def _unreached(error: Exception) -> MmsError:
    text = str(error)
    if "max number of clients" in text:
        return StoreUnavailable(
            "Redis has as many clients as it may (maxclients)", hint="raise its maxclients"
        )
    if "certificate" in text.lower():
        return StoreUnavailable(
            "Redis shows a certificate that is not trusted",
            hint="`?ssl_ca_certs=FILE` in MMS_REDIS_URL names the authority; docs/redis.md",
        )
    if "previous master is now a slave" in text:
        return StoreUnavailable(
            "Redis takes no writes (READONLY): it is a replica now", hint="the Sentinels are asked anew"
        )
    named = getattr(error, "named", None)
    who = f"the primary that the Sentinels name ({named})" if named else "Redis"
    return StoreUnavailable(
        f"{who} does not answer ({type(error).__name__})", hint="is it running? try `mms doctor`"
    )


def _not_allowed(text: str) -> MmsError:
    about = "a channel" if "channel" in text else "a key" if "access" in text and "key" in text else ""
    what = f"use {about} that is needed" if about else f"run {_command(text)}"
    return StoreUnavailable(f"Redis does not let this user {what} (NOPERM)", hint=NEEDED)


def _command(text: str) -> str:
    found = _COMMAND.search(text)
    return found[1].upper().replace("|", " ") if found else "that it was asked for"
