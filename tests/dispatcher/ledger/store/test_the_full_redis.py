"""A Redis without memory refuses a script that begins with a write that grows, and no other: past its first write a
script goes on. So what takes in something new begins with the largest of it."""

from __future__ import annotations

import re
from functools import partial

import pytest

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import client
from tests.factories import CAMPAIGN, add_campaign, make_batch, recount
from tests.lua import SCRIPTS
from tests.valkey import ValkeyServer

#: What a full Redis refuses as a script's first write, and what it lets through.
GROWS = {"SET", "SETRANGE", "HSET", "HSETNX", "HINCRBY", "ZADD", "SADD", "RPUSH", "XADD", "INCRBY", "INCR"}
FREES = {
    "PEXPIRE",
    "HDEL",
    "ZREM",
    "SREM",
    "DEL",
    "UNLINK",
    "XDEL",
    "RENAME",
    "PERSIST",
    "LTRIM",
    "ZREMRANGEBYSCORE",
}
#: They take in nothing new: they move what is there, give it back, or end something, which must go on.
GIVE_BACK = {
    "batches/give_back",
    "batches/offer",
    "campaigns/expire",
    "campaigns/finish_occurrence",
    "campaigns/launch",
    "campaigns/swap_upload",
    "campaigns/wake",
    "consent/close_inbound",
    "consent/erase_campaign",
    "limits/set_daily_cap",
    "limits/take_turn",
    "receipts/store_orphan",
    "receipts/tell_receiver",
    "recovery/finish_recovery",
    "recovery/quarantine_batch",
}


def first_writes(text: str) -> list[str]:
    """The commands that write, in their order on the page."""
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return [name for name in re.findall(r"redis\.call\('(\w+)'", code) if name in GROWS | FREES]


def test_scripts_that_a_full_redis_would_let_grow_are_those_that_take_in_nothing_new() -> None:
    writes = {name: first_writes(path.read_text("utf-8")) for name, path in SCRIPTS.items()}
    let_through = {name for name, calls in writes.items() if calls and calls[0] in FREES and GROWS & {*calls}}
    assert let_through == GIVE_BACK


@pytest.mark.slow
def test_a_full_redis_takes_no_further_batch_and_takes_it_when_there_is_room(server: ValkeyServer) -> None:
    with client(server.url) as connected:
        ledger = Ledger(connected)
        add_campaign(ledger, make_batch(1, 1), run=False)
        connected.hset(keys.campaign(CAMPAIGN), mapping={"state": "checking", "read": 0})
        connected.set(keys.expanding(CAMPAIGN), "reader", px=60_000)
        connected.config_set("maxmemory", "1mb")
        add = partial(ledger.batches.add, CAMPAIGN, 1, make_batch(1, 1, first_row=3))
        further = partial(add, rows_read=4, reader="reader", lease_ms=60_000)
        with pytest.raises(StoreUnavailable, match="memory"):
            further()
        assert not connected.exists(keys.batch(CAMPAIGN, 1), keys.rows(CAMPAIGN, 1))
        assert ledger.campaigns.batch_numbers(CAMPAIGN) == range(1)
        connected.config_set("maxmemory", 0)
        assert further() == "ok"
        assert further() == "have"
        recount(ledger)
