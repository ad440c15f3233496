"""Scopes of limits, and what claims wait for: their texts, read and written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.model.claim_wait import ClaimWait
from dispatcher.model.scope import (
    ACCOUNT,
    EACH_SENDER,
    SCOPE_EXAMPLES,
    LimitScope,
    ScopeKind,
    scope_forms,
    scopes_over,
)

NUMBERS = st.from_regex(r"1[2-9]\d{9}", fullmatch=True)
IDS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}", fullmatch=True)
SCOPES = st.one_of(
    st.sampled_from([ACCOUNT, EACH_SENDER]), NUMBERS.map(LimitScope.sender), IDS.map(LimitScope.campaign)
)


@given(SCOPES)
def test_a_scope_is_read_back_from_its_own_text(scope: LimitScope) -> None:
    assert LimitScope.parse(f" {scope} ") == scope == json.loads(json.dumps(scope))


@given(st.text(max_size=40))
def test_what_is_read_is_a_scope_of_a_known_kind_or_refused(text: str) -> None:
    try:
        scope = LimitScope.parse(text)
    except ValueError:
        return
    assert scope.kind in set(ScopeKind)
    assert scope == text.strip()
    assert bool(scope.key) is (":" in scope)


@pytest.mark.parametrize(
    "text", ["", "everybody", "account:", "account:1", "sender:", "campaign", "campaign:", "Account"]
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a scope of limits"):
        LimitScope.parse(text)


@given(NUMBERS, IDS)
def test_a_number_and_a_campaign_are_told_apart(number: str, campaign_id: str) -> None:
    of_sender, of_campaign = LimitScope.sender(number), LimitScope.campaign(campaign_id)
    assert (of_sender.number, of_sender.campaign_id) == (number, "")
    assert (of_campaign.number, of_campaign.campaign_id) == ("", campaign_id)
    assert scopes_over(campaign_id, [number]) == [ACCOUNT, of_campaign, of_sender]


@given(NUMBERS, IDS)
def test_in_words_a_scope_tells_no_number_and_no_campaign(number: str, campaign_id: str) -> None:
    scopes = [ACCOUNT, EACH_SENDER, LimitScope.sender(number), LimitScope.campaign(campaign_id)]
    assert [scope.whose for scope in scopes] == ["the account", "the sender", "one sender", "the campaign"]
    assert sorted(scopes, key=lambda scope: scope.rank)[-1] == scopes[-1]


@given(NUMBERS, IDS, NUMBERS)
def test_only_its_own_scope_is_of_one_number(number: str, campaign_id: str, other: str) -> None:
    scopes = [ACCOUNT, EACH_SENDER, LimitScope.sender(number), LimitScope.campaign(campaign_id)]
    assert [scope.is_of(number) for scope in scopes] == [False, False, True, False]
    assert LimitScope.sender(other).is_of(number) is (other == number)


def test_a_number_without_a_limit_of_its_own_has_each_ones() -> None:
    mine, other = LimitScope.sender("12125550100"), LimitScope.sender("12125550101")
    known = {EACH_SENDER: 5, mine: 0}
    assert [scope.own_or_default(known) for scope in (mine, other, ACCOUNT)] == [0, 5, None]


def test_every_example_is_a_scope() -> None:
    assert [LimitScope.parse(example) for example in SCOPE_EXAMPLES] == list(SCOPE_EXAMPLES)
    assert scope_forms("`") == "`account`, `sender` (each one's default), `sender:NUMBER` or `campaign:ID`"


@given(SCOPES)
def test_a_wait_for_a_daily_cap_names_the_scope_and_is_counted_as_a_day(scope: LimitScope) -> None:
    wait = ClaimWait.day(scope)
    assert (wait.scope, wait.label, wait.in_words("the ")) == (
        scope,
        "day",
        f"the daily cap of the {scope.kind}",
    )


@given(SCOPES)
def test_a_wait_for_a_limit_is_that_scope_and_holds_the_campaign(scope: LimitScope) -> None:
    wait = ClaimWait(scope)
    assert (wait.scope, wait.label, wait.in_words()) == (scope, scope.kind, f"the limit of {scope.kind}")
    assert wait.rests_campaign


@pytest.mark.parametrize(
    ("word", "rests", "words"),
    [
        ("closing", False, "allowed hours"),
        ("receivers", False, "callbacks from before a restart of Redis"),
        ("forbidden", False, "the answer to one message, after a 403"),
        ("carrierx", True, "CarrierX, which does not answer"),
        ("price", True, "the first confirmed price"),
    ],
)
def test_other_waits_have_words_of_their_own(word: str, rests: bool, words: str) -> None:
    wait = ClaimWait(word)
    assert (wait.rests_campaign, wait.in_words("the "), wait.label) == (rests, words, word)
