"""What a server says of its replicas, and what it does not say."""

from __future__ import annotations

from typing import Any, cast

import pytest
import redis as redis_py

from dispatcher.errors import ClaimsHeld
from dispatcher.ledger.store.replicas import attached, serving


class Told:
    """A client of a server that says this of itself."""

    def __init__(self, **sections: dict[str, Any]) -> None:
        self._sections = sections

    def info(self, section: str) -> dict[str, Any]:
        """One section of INFO."""
        return self._sections.get(section, {})


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"replication": {"connected_slaves": 2}, "persistence": {"aof_enabled": 1}}, (1, 2)),
        ({"replication": {"connected_slaves": 2}, "persistence": {}}, (0, 2)),
        ({"replication": {}, "persistence": {"aof_enabled": 1}}, (0, 0)),
    ],
)
def test_what_a_server_does_not_say_is_not_there(said: dict[str, Any], found: tuple[int, int]) -> None:
    assert attached(cast(redis_py.Redis, Told(**said))) == found


def test_who_reads_a_copy_only_is_no_replica_and_a_replica_is_no_primary() -> None:
    assert serving([b"master", 9, [[b"10.0.0.1", b"6379", b"9"], [b"10.0.0.2", b"0", b"9"]]]) == 1
    assert serving([b"master", 9, []]) == 0
    with pytest.raises(ClaimsHeld):
        serving([b"slave", b"10.0.0.1", 6379, b"connected", 9])
