from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.model.campaign import Campaign, CampaignSettings
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.web.http.formats import BAR_WIDTH, WORDS, live, moment, share


def campaign(**counts: int) -> Campaign:
    by_state = {state: counts.get(state.value, 0) for state in RecipientState}
    return Campaign(
        id="spring-7f3akq",
        name="Spring",
        state=CampaignState.RUNNING,
        rows=sum(by_state.values()),
        counts=by_state,
        created_at="2026-03-01T14:00:00.000Z",
        settings=CampaignSettings(),
    )


def test_every_state_has_its_words() -> None:
    assert set(WORDS) == set(RecipientState)


@given(
    st.dictionaries(st.sampled_from([state.value for state in RecipientState]), st.integers(0, 10_000_000))
)
def test_the_bar_is_never_wider_than_itself_and_shows_every_state_that_is_there(
    counts: dict[str, int],
) -> None:
    view = live(campaign(**counts))
    end = 0.0
    for piece in view["bar"]:
        assert piece["x"] == pytest.approx(end, abs=0.2)
        end = piece["x"] + piece["width"]
    assert end <= BAR_WIDTH + 0.5
    shown = {piece["tone"] for piece in view["bar"] if piece["width"] > 0}
    there = {WORDS[RecipientState(state)].tone for state, number in counts.items() if number}
    assert shown == there - {"waiting"}


@pytest.mark.parametrize(
    ("part", "total", "text"),
    [
        (0, 0, "0 %"),
        (0, 9, "0 %"),
        (1, 1000, "< 1 %"),
        (1, 2, "50 %"),
        (9999, 10000, "> 99 %"),
        (7, 7, "100 %"),
    ],
)
def test_a_share_is_nothing_or_all_only_when_it_is(part: int, total: int, text: str) -> None:
    assert share(part, total) == text


def test_a_moment_is_said_in_utc() -> None:
    assert moment("2026-03-01T14:05:00-05:00") == "Mar 1, 2026, 19:05 UTC"


def test_handled_and_still_to_go_add_up_to_the_rows() -> None:
    texts = live(campaign(delivered=5, pending=2, sending=1, unconfirmed=1, invalid=3))["texts"]
    assert (texts["done"], texts["waiting"], texts["total"]) == ("8", "4", "12")
