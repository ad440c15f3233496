"""A Redis that answers and grants nothing: doctor, readiness and the campaign say so, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py

from dispatcher.errors import MmsError
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.pipeline.estimates.estimate import estimated
from dispatcher.pipeline.health._store_findings import look_at_store
from dispatcher.settings import Settings
from tests.factories import CAMPAIGN, add_campaign
from tests.stack import until
from tests.valkey import ValkeyServer, running_valkey


def _acl(admin: Any, right: str) -> None:
    admin.execute_command("ACL", "SETUSER", "default", right)


TROUBLES: dict[str, Callable[[redis_py.Redis], object]] = {
    "READONLY": lambda admin: admin.replicaof("127.0.0.1", 1),
    "OOM": lambda admin: admin.config_set("maxmemory", "1mb"),
    "NOREPLICAS": lambda admin: admin.config_set("min-replicas-to-write", 1),
    "NOPERM": lambda admin: _acl(admin, "-set"),
    "appendfsync": lambda admin: admin.config_set("appendfsync", "everysec"),
    "replicas are there": lambda admin: admin.hset("mms:replicas", "n", 2),
}
MENDS: dict[str, Callable[[redis_py.Redis], object]] = {
    "READONLY": lambda admin: admin.replicaof("NO", "ONE"),
    "OOM": lambda admin: admin.config_set("maxmemory", 0),
    "NOREPLICAS": lambda admin: admin.config_set("min-replicas-to-write", 0),
    "NOPERM": lambda admin: _acl(admin, "+set"),
    "appendfsync": lambda admin: admin.config_set("appendfsync", "always"),
    "replicas are there": lambda admin: admin.hset("mms:replicas", mapping={"n": 0, "said": 1}),
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Valkey for the troubles of these tests."""
    with running_valkey(tmp_path_factory.mktemp("troubled")) as server:
        yield server


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_keeps_redis_from_taking_claims_is_told_wherever_people_look(
    own: ValkeyServer, tmp_path: Path, trouble: str
) -> None:
    with redis_py.Redis.from_url(own.url) as admin, client(own.url) as connected:
        admin.flushall()
        ledger = Ledger(connected, data_dir=tmp_path)
        add_campaign(ledger)
        assert ledger.readiness.problem() is None
        assert "nothing is sent" not in str(estimated(ledger, ledger.campaign(CAMPAIGN)).reason)
        TROUBLES[trouble](admin)
        connected.connection_pool.disconnect()
        try:
            _is_told(ledger, trouble)
        finally:
            MENDS[trouble](admin)
        until(lambda: ledger.readiness.problem() is None, 5)


def _is_told(ledger: Ledger, trouble: str) -> None:
    problem = ledger.readiness.problem()
    assert isinstance(problem, MmsError)
    assert trouble in problem.message
    assert problem.hint
    shown = estimated(ledger, ledger.campaign(CAMPAIGN))
    assert str(shown.reason).startswith("nothing is sent: ")
    assert trouble in str(shown.reason)
    bad = {
        finding.subject: finding for finding in look_at_store(ledger, Settings()) if finding.verdict == "bad"
    }
    assert trouble in bad["claims"].seen
    assert all(finding.mend for finding in bad.values())


def test_what_was_found_a_moment_ago_costs_no_further_write(ledger: Ledger) -> None:
    assert ledger.readiness.problem(within_seconds=60) is None
    ledger.redis.delete("mms:trial")
    assert ledger.readiness.problem(within_seconds=60) is None
    assert not ledger.redis.exists("mms:trial")
    assert ledger.readiness.problem() is None
    assert ledger.redis.exists("mms:trial")
