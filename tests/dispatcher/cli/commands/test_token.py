from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis

from dispatcher.ledger.installation.admin_token import make_admin_token
from dispatcher.ledger.installation.api_tokens import ApiTokens
from dispatcher.ledger.installation.installation import prepare, read_secrets
from dispatcher.ledger.installation.rotating_keys import keep_key, read_key
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


def test_the_admin_token_and_the_ledgers_keys_are_rotated(
    environment: dict[str, str], redis: Redis, tmp_path: Path
) -> None:
    first = make_admin_token(redis, Settings(data_dir=tmp_path)).token
    rotated = mms(environment, "rotate", "admin")
    second = rotated.stdout.strip()
    assert (rotated.returncode, "ends in 24 hours" in rotated.stderr) == (0, True)
    assert (tmp_path / "admin-token").read_text() == f"{second}\n"
    tokens = ApiTokens(redis)
    assert None not in (tokens.find(first), tokens.find(second))
    assert mms(environment, "rotate", "admin", "--now").returncode == 0
    assert ApiTokens(redis).find(second) is None
    key = keep_key(redis, "callback_key", None).current
    for arguments, kept in (
        (("callback-key",), True),
        (("callback-key", "--now"), False),
        (("secret",), False),
    ):
        said = mms(environment, "rotate", *arguments)
        found = read_key(redis, "callback_key")
        assert found is not None
        assert (said.returncode, said.stdout, key in found.all) == (0, "", kept)
        assert found.current not in said.stderr
    assert len(read_secrets(redis)) == 2


def test_what_cannot_be_rotated_so_says_what_to_do(environment: dict[str, str], redis: Redis) -> None:
    refused = mms(environment, "rotate", "secret", "--now")
    assert (refused.returncode, "callback-key --now" in refused.stderr) == (2, True)
    assert mms(environment, "rotate", "everything").returncode == 2
    for what, setting in (("admin", "ADMIN_TOKEN"), ("callback-key", "CALLBACK_KEY"), ("secret", "SECRET")):
        said = mms({**environment, f"MMS_{setting}": "a-secret-of-mine"}, "rotate", what)
        assert (said.returncode, f"MMS_{setting} is set" in said.stderr) == (2, True)
        assert "a-secret-of-mine" not in said.stderr
    assert len(read_secrets(redis)) == 1
