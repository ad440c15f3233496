"""What a person hears at a start when nothing would be sent."""

from __future__ import annotations

import pytest

from dispatcher.errors import StoreUnsafe
from dispatcher.ledger.installation.installation import Installation
from dispatcher.stack._ledger_found import LedgerFound

INSTALLATION = Installation("key", (b"secret",), "admin", False, "live")


@pytest.mark.parametrize(("apart_ms", "said"), [(4_900, []), (5_100, ["+5.1 s"]), (-7_000, ["-7.0 s"])])
def test_a_clock_that_is_off_is_told(apart_ms: int, said: list[str]) -> None:
    why = list(LedgerFound(INSTALLATION, "here", apart_ms, None, None).attention())
    assert [each.split("clock is ")[1].split(" from")[0] for each in why] == said


def test_a_store_that_grants_no_claim_is_told_with_what_to_do() -> None:
    problem = StoreUnsafe("one replica is away", hint="bring it back")
    (why,) = LedgerFound(INSTALLATION, "here", 0, None, problem).attention()
    assert why == "nothing is sent: one replica is away.\n  bring it back."
