"""One table of what errors of Redis mean: none is left over, and none repeats what Redis was asked for."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest
from redis import exceptions

from dispatcher.errors import ConfigError, LedgerNewer, MmsError, StoreRefused, StoreUnavailable
from dispatcher.ledger.store.connection import translated

SECRET = "15162065575"
FOREIGN = [
    kind
    for _, kind in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(kind, exceptions.RedisError | exceptions.RedisClusterException)
]
#: What servers answer, by what it must become and a word of the sentence.
ANSWERS = [
    ("LOADING Redis is loading the dataset in memory", StoreUnavailable, "loading"),
    ("READONLY You can't write against a read only replica.", StoreUnavailable, "READONLY"),
    ("OOM command not allowed when used memory > 'maxmemory'.", StoreUnavailable, "OOM"),
    ("MISCONF Errors writing to the AOF file: No space left on device", StoreUnavailable, "MISCONF"),
    ("NOREPLICAS Not enough good replicas to write.", StoreUnavailable, "NOREPLICAS"),
    ("MASTERDOWN Link with MASTER is down", StoreUnavailable, "MASTERDOWN"),
    ("BUSY Redis is busy running a script.", StoreUnavailable, "BUSY"),
    ("UNKILLABLE Sorry the script already executed write commands", StoreUnavailable, "UNKILLABLE"),
    ("CLUSTERDOWN Hash slot not served", StoreUnavailable, "CLUSTERDOWN"),
    ("MOVED 3999 127.0.0.1:6381", StoreUnavailable, "cluster"),
    ("ASK 3999 127.0.0.1:6381", StoreUnavailable, "cluster"),
    ("CROSSSLOT Keys in request don't hash to the same slot", StoreUnavailable, "cluster"),
    ("TRYAGAIN Multiple keys request during rehashing of slot", StoreUnavailable, "cluster"),
    ("NOSCRIPT No matching script.", StoreUnavailable, "restarted"),
    ("EXECABORT Transaction discarded because of previous errors.", StoreUnavailable, "transaction"),
    ("ERR max number of clients reached", StoreUnavailable, "maxclients"),
    ("NOPERM User mms has no permissions to run the 'config|get' command", StoreUnavailable, "CONFIG GET"),
    ("NOPERM No permissions to access a key", StoreUnavailable, "a key"),
    ("NOPERM No permissions to access a channel", StoreUnavailable, "a channel"),
    (
        "ERR ACL failure in script: User mms has no permissions to run the 'hset' command",
        StoreUnavailable,
        "HSET",
    ),
    (f"ERR unknown command 'WAITAOF', with args beginning with: '{SECRET}'", StoreUnavailable, "WAITAOF"),
    (f"ERR Unknown Redis command called from script script: {SECRET}", StoreUnavailable, "command"),
    ("DENIED Redis is running in protected mode", StoreUnavailable, "protected"),
    ("MMSNEWER 9", LedgerNewer, "schema 9"),
    ("WRONGPASS invalid username-password pair or user is disabled.", ConfigError, "password"),
    ("NOAUTH Authentication required.", ConfigError, "password"),
    (f"WRONGTYPE Operation against {SECRET}", StoreRefused, "WRONGTYPE"),
    (f"ERR user_script:1: attempt to index {SECRET}", StoreRefused, "ResponseError"),
]


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: kind.__name__)
def test_no_error_of_the_client_is_left_unmapped(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    error.args = (f"about {SECRET}",)
    with pytest.raises(MmsError) as caught, translated():
        raise error
    assert SECRET not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(("answer", "kind", "word"), ANSWERS, ids=[answer[:24] for answer, _, _ in ANSWERS])
def test_what_a_server_answers_becomes_a_sentence(answer: str, kind: type[MmsError], word: str) -> None:
    parser: Any = importlib.import_module("redis._parsers")._RESP2Parser(65_536)
    with pytest.raises(kind, match=word) as caught, translated():
        raise parser.parse_error(answer)
    assert caught.value.hint
    assert SECRET not in caught.value.message + caught.value.hint
    assert caught.value.__suppress_context__ or SECRET not in str(caught.value.__cause__)
