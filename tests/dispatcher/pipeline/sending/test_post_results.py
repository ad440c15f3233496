"""Every ending of a POST, one line of the table each."""

from __future__ import annotations

import pytest

from dispatcher.errors import ApiError, Forbidden, NotSent, OutcomeUnknown, Refused, Throttled, Unauthorized
from dispatcher.ledger.batches.claims import Claim
from dispatcher.pipeline.sending import _post_results
from dispatcher.rules import retry_policy
from tests.dispatcher.pipeline.receipts.test_status_mapping import status
from tests.factories import SENDER, token_of

CLAIM = Claim(0, (0,), SENDER, 1, token_of("x"))


@pytest.mark.parametrize(
    ("error", "became"),
    [
        (Refused("no", status=400, field="to", text="bad"), ("refused", "to: bad")),
        (Refused("no", status=422), ("refused", "HTTP 422")),
        (Forbidden("no", status=403, field="to", text="bad"), ("forbidden", "to: bad")),
        (Unauthorized("no", status=401), ("later", "CarrierX refuses the token (HTTP 401)")),
        (Throttled("slow", status=429, retry_after=7), ("later", "CarrierX asked to slow down (429)")),
        (Throttled("busy", status=409), ("later", "conflict at CarrierX (409)")),
        (NotSent("down"), ("later", "CarrierX could not be reached")),
        (OutcomeUnknown("reset"), ("unknown", "reset")),
        (ApiError("?"), ("unknown", "ApiError")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_has_its_line(error: ApiError, became: tuple[str, str]) -> None:
    record = _post_results.failed(CLAIM, error, 1).record
    assert (record.outcome, record.text) == became
    assert (record.token, record.members) == (CLAIM.token, CLAIM.members)


@pytest.mark.parametrize(
    ("retry_after", "hold_ms"), [(7, 7_000), (None, 1_000), (0, 1_000), (0.0004, 1_000), (10**9, 3_600_000)]
)
def test_a_429_holds_the_account_for_as_long_as_it_says_within_reason(
    retry_after: float | None, hold_ms: int
) -> None:
    ending = _post_results.failed(CLAIM, Throttled("slow", status=429, retry_after=retry_after), 1)
    assert (ending.hold_ms, ending.record.wait_ms) == (hold_ms, hold_ms)


@pytest.mark.parametrize(
    ("field", "scope"),
    [
        ("from", f"sender:{SENDER}"),
        ("to", ""),
        ("group_recipients[2]", ""),
        ("message", ""),
        (None, "account"),
        ("rate", "account"),
    ],
)
def test_a_429_that_names_the_recipient_holds_this_message_only(field: str | None, scope: str) -> None:
    ending = _post_results.failed(CLAIM, Throttled("slow", status=429, retry_after=7, field=field), 1)
    assert (ending.record.wait_ms, ending.hold_scope if ending.hold_ms else "") == (7_000, scope)


@pytest.mark.parametrize(
    ("status", "most"), [(409, retry_policy.MOST_CONFLICTS), (429, retry_policy.MOST_TRIES)]
)
def test_what_carrierx_puts_off_for_ever_is_refused_in_the_end_with_the_reason(
    status: int, most: int
) -> None:
    error = Throttled("later", status=status)
    assert _post_results.failed(CLAIM, error, most - 1).record.outcome == "later"
    record = _post_results.failed(CLAIM, error, most).record
    assert (record.outcome, f"({status}) in {most} tries" in record.text) == ("refused", True)


def test_a_refused_token_is_a_brake_for_all() -> None:
    assert _post_results.failed(CLAIM, Unauthorized("no", status=403), 1).brake


@pytest.mark.parametrize(("status", "health"), [(404, "m"), (415, "m"), (400, "a"), (405, "a"), (422, "a")])
def test_a_404_or_a_415_speaks_of_how_we_are_set_up_not_of_the_message(status: int, health: str) -> None:
    assert _post_results.failed(CLAIM, Refused("no", status=status), 1).record.health == health


def test_a_message_that_never_leaves_is_given_up_in_the_end() -> None:
    assert _post_results.failed(CLAIM, NotSent("down"), retry_policy.MOST_TRIES).record.outcome == "refused"


@pytest.mark.parametrize("attempt", [1, 5, 20, 255, 10_000])
def test_the_backoff_stays_under_its_cap(attempt: int) -> None:
    assert all(0 <= retry_policy.backoff_ms(attempt) <= retry_policy.BACKOFF_CAP_MS for _ in range(200))


def test_carrierxs_own_word_counts_from_the_first() -> None:
    assert _post_results.accepted(CLAIM, status("sent")).record.word == "sent"
    odd = _post_results.accepted(CLAIM, status("pondering"))
    assert (odd.record.word, odd.odd_word) == ("queued", "pondering")


def test_a_stale_claim_is_given_back_without_a_word() -> None:
    record = _post_results.stale(CLAIM).record
    assert (record.outcome, record.text, record.wait_ms) == ("later", "", 0)


@pytest.mark.parametrize(
    ("error", "attempt", "outcome"),
    [
        (NotSent("down"), 199, "later"),
        (NotSent("down"), 200, "refused"),
        (Throttled("slow", status=429), 199, "later"),
        (Throttled("slow", status=429), 200, "refused"),
        (Throttled("busy", status=409), 29, "later"),
        (Throttled("busy", status=409), 30, "refused"),
    ],
)
def test_so_many_tries_are_made_and_no_more(error: ApiError, attempt: int, outcome: str) -> None:
    assert _post_results.failed(CLAIM, error, attempt).record.outcome == outcome


def test_what_is_unknown_is_looked_for_ten_seconds_later_and_a_long_reason_is_cut() -> None:
    record = _post_results.failed(CLAIM, OutcomeUnknown("r" * 500), 1).record
    assert (record.wait_ms, record.text, record.health) == (10_000, "r" * 300, "f")
    assert _post_results.failed(CLAIM, ApiError("?"), 1).record.wait_ms == 10_000
