"""What a person hears at a start when nothing would be sent."""

from __future__ import annotations

import pytest

from dispatcher.errors import StoreUnsafe
from dispatcher.ledger.installation.installation import Installation
from dispatcher.pipeline.health.shared_settings import SHARED, digests_of, set_otherwise
from dispatcher.settings import Settings, load_settings
from dispatcher.stack._ledger_found import LedgerFound

INSTALLATION = Installation("key", (b"secret",), "admin", False, "live")


@pytest.mark.parametrize(("apart_ms", "said"), [(4_900, []), (5_100, ["+5.1 s"]), (-7_000, ["-7.0 s"])])
def test_a_clock_that_is_off_is_told(apart_ms: int, said: list[str]) -> None:
    why = list(LedgerFound(INSTALLATION, "here", apart_ms, None, None, {}).attention())
    assert [each.split("clock is ")[1].split(" from")[0] for each in why] == said


def test_a_store_that_grants_no_claim_is_told_with_what_to_do() -> None:
    problem = StoreUnsafe("one replica is away", hint="bring it back")
    (why,) = LedgerFound(INSTALLATION, "here", 0, None, problem, {}).attention()
    assert why == "nothing is sent: one replica is away.\n  bring it back."


def test_settings_that_are_not_as_on_other_hosts_are_named_and_not_shown() -> None:
    ours = digests_of(load_settings(price_mms=0.02, broker_url="amqp://ann:words@rabbit/one"))
    workers = {
        "send@east": {"settings": digests_of(load_settings(broker_url="amqp://bob:other@rabbit/one"))},
        "send@west": {"settings": ours},
        "look@west": {},
    }
    found = LedgerFound(INSTALLATION, "here", 0, None, None, set_otherwise(ours, workers))
    (why,) = found.attention()
    assert why.startswith("MMS_PRICE_MMS should be the same on all hosts, and send@east has other values")


def test_what_has_to_be_alike_is_a_setting_and_no_secret() -> None:
    fields = Settings.model_fields
    assert set(SHARED) <= set(fields)
    assert not [name for name in SHARED if "Secret" in str(fields[name].annotation)]
