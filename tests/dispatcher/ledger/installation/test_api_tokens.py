"""What a process remembers of tokens that it proved."""

from __future__ import annotations

import pytest
import redis as redis_py

from dispatcher.ledger.installation.api_tokens import ApiTokens

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("proved", "then"), [(1_000, 1_001), (1_001, 1)])
def test_a_process_remembers_about_a_thousand_proofs_and_begins_anew(
    redis: redis_py.Redis, proved: int, then: int
) -> None:
    tokens = ApiTokens(redis)
    token, holder = tokens.create("ann", "viewer")
    tokens._proved = {b"%d" % n: "hash" for n in range(proved)}
    assert tokens.find(token) == holder
    assert len(tokens._proved) == then
    assert tokens.find(token) == holder
