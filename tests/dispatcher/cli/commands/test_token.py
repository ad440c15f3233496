from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis

from dispatcher.ledger.installation.api_tokens import ApiTokens
from dispatcher.ledger.installation.installation import prepare
from dispatcher.settings import Settings

pytestmark = pytest.mark.slow

MMS = Path(sys.executable).parent / "mms"


@pytest.fixture
def environment(valkey_url: str, redis: Redis, tmp_path: Path) -> dict[str, str]:
    """What a person's shell has, with a ledger that was started once."""
    prepare(redis, Settings(redis_url=valkey_url, data_dir=tmp_path, simulate=True))
    own = {name: value for name, value in os.environ.items() if not name.startswith("MMS_")}
    return {**own, "MMS_REDIS_URL": valkey_url, "MMS_DATA_DIR": str(tmp_path)}


def mms(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(MMS), "token", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_token_is_printed_once_listed_without_itself_and_removed(
    environment: dict[str, str], redis: Redis
) -> None:
    made = mms(environment, "create", "--role", "admin", "--name", "ann")
    token = made.stdout.strip()
    found = ApiTokens(redis).find(token)
    assert found is not None
    assert (made.returncode, found.name, found.role) == (0, "ann", "admin")
    listed = mms(environment, "list")
    assert "ann" in listed.stdout
    assert token not in listed.stdout
    assert mms(environment, "remove", found.token_id).returncode == 0
    assert ApiTokens(redis).find(token) is None


def test_as_json_it_is_for_programs(environment: dict[str, str]) -> None:
    made = json.loads(mms(environment, "create", "--name", "grafana", "--json").stdout)
    assert (made["name"], made["role"]) == ("grafana", "viewer")
    [listed] = json.loads(mms(environment, "list", "--json").stdout)
    assert listed["id"] == made["id"]
    assert "token" not in listed


@pytest.mark.parametrize(
    "arguments",
    [("create", "--name", "ann", "--role", "king"), ("create", "--name", ""), ("remove", "aaaaaaaa")],
)
def test_a_wrong_call_is_a_sentence_and_status_2(
    environment: dict[str, str], arguments: tuple[str, ...]
) -> None:
    answer = mms(environment, *arguments)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "Traceback" not in answer.stderr
