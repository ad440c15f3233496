"""A Redis Cluster is refused in a sentence that says why, addressed, asked, or hidden behind another program."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from dispatcher.errors import ConfigError, StoreUnavailable, StoreUnsafe
from dispatcher.ledger.installation.installation import prove_durable
from dispatcher.ledger.store import permissions
from dispatcher.ledger.store.connection import client
from dispatcher.settings import load_settings
from tests.valkey import free_port, running_valkey


def test_a_server_of_a_cluster_is_refused_whoever_owns_its_slots(tmp_path: Path) -> None:
    settings = [load_settings(data_dir=tmp_path, unsafe_redis=unsafe) for unsafe in (False, True)]
    bus = str(free_port())  # else it is the port and 10,000, which is none for the ports from 55,536 on
    with (
        running_valkey(tmp_path / "v", "--cluster-enabled", "yes", "--cluster-port", bus) as server,
        client(server.url) as connected,
    ):
        for slots in (None, (0, 100), (101, 16_383)):
            if slots:
                connected.execute_command("CLUSTER", "ADDSLOTSRANGE", *slots)
            for one in settings:
                with pytest.raises(
                    StoreUnsafe, match="is a Redis Cluster: it spreads the ledger over servers"
                ):
                    prove_durable(connected, one)


@pytest.mark.parametrize("variable", ["redis_url", "broker_url"])
@pytest.mark.parametrize(
    "url", ["redis+cluster://h:1", "rediss+cluster://:p@h:1/0", "redis-cluster://h", "RedisCluster://h"]
)
def test_an_address_of_a_cluster_is_refused(variable: str, url: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"^MMS_{variable.upper()}: .*Redis Cluster is not supported: it spreads"
    ):
        load_settings(**{variable: url})


@pytest.mark.parametrize(
    "answer",
    ["MOVED 866 10.0.0.1:6379", "CROSSSLOT Keys in request don't hash to the same slot", "ASK 1 h:1"],
)
def test_one_behind_a_proxy_is_told_by_its_answers_and_not_by_rights(
    answer: str, redis: Any, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parser: Any = importlib.import_module("redis._parsers")._RESP2Parser(65_536)
    refusal = parser.parse_error(answer)
    monkeypatch.setattr(permissions, "_queued", lambda _, calls: [refusal for _ in calls])
    with (
        client(valkey_url) as connected,
        pytest.raises(StoreUnavailable, match="answers as a cluster"),
    ):
        permissions.missing_permissions(connected, hints=True)
