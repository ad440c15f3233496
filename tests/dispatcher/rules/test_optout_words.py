"""What people write when they want no more messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.rules.optout_words import Meaning, meaning_of

STOP_WORDS = (
    "stop",
    "quit",
    "end",
    "revoke",
    "opt out",
    "cancel",
    "unsubscribe",
    "stopall",
    "stop all",
    "optout",
    "opt-out",
    "remove",
    "arret",
)


@given(
    st.sampled_from([(word, Meaning.STOP) for word in STOP_WORDS])
    | st.sampled_from([(word, Meaning.START) for word in ("start", "unstop", "yes")])
    | st.sampled_from([(word, Meaning.HELP) for word in ("help", "info")]),
    st.lists(st.booleans(), min_size=12, max_size=12),
    st.text(" \t\n.!?\"'“”()*-…\u00a0\u200b", max_size=4),
    st.text(" \t\n.!?\"'“”()*-…\u00a0\u200b", max_size=4),
)
def test_a_keyword_counts_in_any_case_and_with_any_punctuation_around(
    word: tuple[str, Meaning], upper: list[bool], before: str, after: str
) -> None:
    text, meaning = word
    written = "".join(
        char.upper() if up else char for char, up in zip(text, upper + [False] * len(text), strict=False)
    )
    assert meaning_of(before + written + after) is meaning


@pytest.mark.parametrize(
    "text",
    [
        "please stop texting me",
        "Stop please",
        "STOP STOP STOP",
        "S T O P",
        "stop. I never signed up for this",
        "Who is this? STOP",
        "Arrêt",
        "Don’t text me again",
        "do not contact this number",
        "take me off your list",
        "Please remove me from the list!",
        "remove my number",
        "I want to unsubscribe",
        "how do I opt out of this",
        "no more texts",
        "I don't want any more messages from you",
        "stop sending me these",
        "STOP ALL MESSAGES",
        "leave me alone",
        "I revoke my consent",
        "cancel my subscription",
        "lose my number",
        "Thanks, but stop.",
    ],
)
def test_other_clear_wordings_are_an_opt_out(text: str) -> None:
    assert meaning_of(text) is Meaning.STOP


@pytest.mark.parametrize(
    "text",
    [
        "stop by at 5?",
        "can you stop by tomorrow",
        "don't stop",
        "please do not remove me",
        "cancel my appointment",
        "wrong number",
        "the bus stopped here",
        "alto",
        "the end",
        "is this spam",
    ],
)
def test_what_is_not_clear_waits_for_a_person(text: str) -> None:
    assert meaning_of(text) is Meaning.DOUBTFUL


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "👍",
        "see you at the weekend",
        "at the end of the month we will move house",
        "yes I will be there",
        "can you help my brother",
        "Liked “Our sale ends today. Reply STOP to opt out.”",
        'Laughed at "Reply STOP to stop all messages"',
    ],
)
def test_everything_else_means_nothing_to_us(text: str | None) -> None:
    assert meaning_of(text) is Meaning.NONE


@given(st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    assert meaning_of(text) in Meaning
