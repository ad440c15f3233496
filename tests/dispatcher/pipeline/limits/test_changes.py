"""What an operator changes of a limit, and what stays as it was."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from dispatcher.errors import InputError, NotFound
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.scope import ACCOUNT, EACH_SENDER, LimitScope
from dispatcher.pipeline.limits.changes import LimitChange, change_limit, reset_limit, set_limit
from dispatcher.pipeline.limits.view import LimitLine
from dispatcher.settings import load_settings
from tests.factories import CAMPAIGN, SENDER, START_MS, add_campaign


def in_force(ledger: Ledger, scope: LimitScope) -> tuple[float, float, bool]:
    """Rate, burst, and whether an operator set them."""
    rate = ledger.limits.in_force().rates[scope]
    return round(rate.per_second, 3), round(rate.burst, 3), rate.by_operator


def test_a_burst_alone_keeps_the_rate_that_is_in_force(ledger: Ledger) -> None:
    set_limit(ledger, ACCOUNT, rate="10/s", burst=2)
    set_limit(ledger, ACCOUNT, burst=5)
    assert in_force(ledger, ACCOUNT) == (10, 5, True)


def test_a_burst_of_one_sender_goes_with_the_rate_of_all_senders(ledger: Ledger) -> None:
    set_limit(ledger, EACH_SENDER, rate="3/s")
    set_limit(ledger, LimitScope.sender(SENDER), burst=4)
    assert in_force(ledger, LimitScope.sender(SENDER)) == (3, 4, True)


@pytest.mark.parametrize("scope", [ACCOUNT, EACH_SENDER, LimitScope.sender(SENDER)])
def test_a_burst_without_any_rate_is_refused(ledger: Ledger, scope: LimitScope) -> None:
    with pytest.raises(InputError, match="has no rate"):
        set_limit(ledger, scope, burst=4)
    assert ledger.limits.in_force().rates == {}


def test_a_burst_of_the_account_does_not_go_with_the_rate_of_senders(ledger: Ledger) -> None:
    set_limit(ledger, EACH_SENDER, rate="3/s")
    with pytest.raises(InputError, match="the account has no rate"):
        set_limit(ledger, ACCOUNT, burst=4)


def test_a_zone_alone_keeps_the_cap_and_a_cap_alone_the_zone(ledger: Ledger) -> None:
    set_limit(ledger, ACCOUNT, per_day=100, zone="Asia/Tokyo")
    set_limit(ledger, ACCOUNT, per_day=200)
    assert (ledger.limits.in_force().caps[ACCOUNT].most, ledger.limits.in_force().caps[ACCOUNT].zone) == (
        200,
        "Asia/Tokyo",
    )
    set_limit(ledger, ACCOUNT, zone="UTC")
    assert (ledger.limits.in_force().caps[ACCOUNT].most, ledger.limits.in_force().caps[ACCOUNT].zone) == (
        200,
        "UTC",
    )
    set_limit(ledger, ACCOUNT, per_day=0)
    assert ledger.limits.in_force().caps == {}


def test_a_first_cap_is_counted_in_the_zone_of_the_carriers(ledger: Ledger) -> None:
    set_limit(ledger, ACCOUNT, per_day=100)
    assert ledger.limits.in_force().caps[ACCOUNT].zone == "America/Los_Angeles"


def test_a_zone_without_any_cap_is_refused(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="has no daily cap"):
        set_limit(ledger, ACCOUNT, zone="UTC")


def test_only_a_sender_is_taken_out_of_use(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="only a sender"):
        change_limit(ledger, ACCOUNT, LimitChange(enabled=False))
    change_limit(ledger, LimitScope.sender(SENDER), LimitChange(enabled=False))
    assert ledger.limits.disabled() == {SENDER}
    change_limit(ledger, LimitScope.sender(SENDER), LimitChange(enabled=True))
    assert ledger.limits.disabled() == set()


def test_a_campaign_that_there_is_not_has_no_limits(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        set_limit(ledger, LimitScope.campaign(CAMPAIGN), rate="1/s")
    with pytest.raises(NotFound):
        reset_limit(ledger, LimitScope.campaign(CAMPAIGN), load_settings(simulate=True))


def test_a_reset_campaign_has_its_own_rate_again_and_another_one_none(ledger: Ledger) -> None:
    add_campaign(ledger, rate=(1.0, 1.0))
    add_campaign(ledger, id="own-abc234", rate=(1.0, 1.0))
    for name in (CAMPAIGN, "own-abc234"):
        set_limit(ledger, LimitScope.campaign(name), rate="1/s")
    settings = ledger.campaign("own-abc234").settings.model_copy(update={"rate": "7/s"})
    ledger.redis.hset("mms:c:own-abc234", "settings", settings.model_dump_json(by_alias=True))
    for name in (CAMPAIGN, "own-abc234"):
        reset_limit(ledger, LimitScope.campaign(name), load_settings(simulate=True))
    assert f"campaign:{CAMPAIGN}" not in ledger.limits.in_force().rates
    assert in_force(ledger, LimitScope.campaign("own-abc234"))[::2] == (7, False)


def test_a_reset_account_has_the_rate_of_the_settings(ledger: Ledger) -> None:
    set_limit(ledger, ACCOUNT, rate="1/s")
    reset_limit(ledger, ACCOUNT, load_settings(simulate=True, account_rate="9/s"))
    rate, _, by_operator = in_force(ledger, ACCOUNT)
    assert (rate, by_operator) == (9, False)


def test_a_changed_limit_wakes_what_rests_for_one(ledger: Ledger) -> None:
    add_campaign(ledger)
    for scope in (ACCOUNT, LimitScope.campaign(CAMPAIGN)):
        ledger.redis.hset(f"mms:c:{CAMPAIGN}", mapping={"rest": 2 * START_MS, "rest_for": "account"})
        set_limit(ledger, scope, rate="5/s")
        assert not ledger.redis.hexists(f"mms:c:{CAMPAIGN}", "rest"), scope


@pytest.mark.parametrize("noun", [LimitChange(rate="5/s"), LimitLine(scope="account", rate="5/s")])
def test_a_change_and_a_line_stay_as_they_were_made(noun: LimitChange | LimitLine) -> None:
    with pytest.raises(ValidationError):
        noun.rate = "6/s"  # type: ignore[misc]
