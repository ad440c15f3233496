"""What people write when they want no more messages."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.rules.keywords import Meaning, meaning_of, wordings

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
        "the end",
        "is this spam",
    ],
)
def test_what_is_not_clear_waits_for_a_person(text: str) -> None:
    assert meaning_of(text) is Meaning.NEEDS_REVIEW


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


DATA = Path(__file__).parents[2] / "data" / "optouts"


def told(name: str) -> list[tuple[str, Meaning]]:
    """Texts that are not in the table, and what a person says they mean."""
    lines = (DATA / name).read_text("utf-8").splitlines()
    return [(text, Meaning(meaning)) for meaning, text in (line.split("\t") for line in lines)]


def test_the_table_has_three_languages_and_all_meanings() -> None:
    table = wordings()
    assert len({wording for _, _, wording in table}) >= 300
    assert {meaning for meaning, _, _ in table} == set(Meaning)
    assert min(Counter(language for _, language, _ in table).values()) >= 80


def test_every_wording_of_the_table_means_what_it_says() -> None:
    wrong = [(text, meaning, meaning_of(text)) for meaning, _, text in wordings()]
    assert [each for each in wrong if each[1] is not each[2]] == []


@pytest.mark.parametrize("name", ["holdout.tsv", "probes.tsv"])
def test_of_texts_outside_the_table_no_willing_person_is_suppressed_and_no_revocation_is_missed(
    name: str,
) -> None:
    texts = told(name)
    suppressed = [
        text for text, meaning in texts if meaning is Meaning.NONE and meaning_of(text) is Meaning.STOP
    ]
    missed = [
        text
        for text, meaning in texts
        if meaning is Meaning.STOP and meaning_of(text) not in (Meaning.STOP, Meaning.NEEDS_REVIEW)
    ]
    assert (suppressed, missed) == ([], [])


@pytest.mark.parametrize("name", ["holdout.tsv", "probes.tsv"])
def test_few_clear_texts_wait_for_a_person(name: str) -> None:
    texts = told(name)
    waiting = [
        text
        for text, meaning in texts
        if meaning is Meaning.STOP and meaning_of(text) is Meaning.NEEDS_REVIEW
    ]
    assert len(waiting) <= 0.03 * len(texts)
    willing = [text for text, meaning in texts if meaning is Meaning.NONE]
    assert sum(meaning_of(text) is Meaning.NEEDS_REVIEW for text in willing) <= 0.4 * len(willing)


def test_what_people_write_means_what_a_stranger_to_the_table_said_it_means() -> None:
    """Written without knowing the table; where reasonable people differ, each of their answers is right."""
    lines = (DATA / "written.tsv").read_text("utf-8").split("\n")[:-1]
    rows = [line.split("\t", 1) for line in lines]
    assert len(rows) >= 600
    judged = [(allowed, text, meaning_of(text.replace("\\n", "\n"))) for allowed, text in rows]
    assert [each for each in judged if each[2] not in each[0].split("|")] == []


@pytest.mark.parametrize(
    "text",
    [
        "don't take me off the list",
        "I didn't ask to be removed",
        "no quiero darme de baja",
        "je ne veux pas me désabonner",
        "don't call, text me",
        "take me off the schedule Friday",
        "cancel the call tomorrow",
        "sáquenme una cita",
        "ne m'envoyez pas la facture, je passe",
    ],
)
def test_who_denies_a_revocation_or_speaks_of_another_matter_is_not_suppressed(text: str) -> None:
    assert meaning_of(text) is Meaning.NEEDS_REVIEW


@pytest.mark.parametrize(
    "quoted", ["Northwind: sale. Reply STOP to opt out.", "STOP", "Please stop texting me", "Responda BAJA"]
)
@pytest.mark.parametrize(
    "frame",
    [
        "👍 to “{}”",
        "\u200b👍\u200b to “\u200a{}\u200a”",
        "Liked “{}”",
        'Reacted 😂 to "{}"',
        "Removed a heart from “{}”",
        "Le gustó «{}»",
        "Reaccionó con ❤️ a “{}”",
        "A réagi avec 😂 à « {} »",
        "N’a pas aimé « {} »",
    ],
)
def test_a_reaction_that_quotes_a_text_is_nobodys_wish_and_what_is_said_beside_it_is(
    frame: str, quoted: str
) -> None:
    reaction = frame.format(quoted)
    assert meaning_of(reaction) is Meaning.NONE
    assert meaning_of(f"{reaction} thanks, see you there") is Meaning.NONE
    assert meaning_of(f"{reaction}\nSTOP") is Meaning.STOP


def test_a_stop_at_the_end_of_a_long_text_is_heard() -> None:
    assert meaning_of("All day long you write to me. " * 2000 + "STOP") is Meaning.STOP


ADVERSARIES = ["do not want ", '"', "“", "reply stop to ", "removed a a a ", "no quiero que me recibir "]
ADVERSARIES += [
    "ne plus me ",
    "ﷺ",
    "\n> ",
    " \u200b",
    "start texts ",
    "stop all the ",
    "msg & data rates ",
    "a ",
    "(",
    "i want to need to ",
    "i told you you ",
    "never ever please want to ",
    "turn all the these ",
    "stopstop",
    "the game is was ",
]


@pytest.mark.slow
def test_the_time_grows_with_the_text_and_no_faster() -> None:
    """64 KB of `do not want` kept the web process from everything else for 26 s."""
    for phrase in {*ADVERSARIES, *(f"{wording} " for _, _, wording in wordings()[::7])}:
        text = phrase * (64 * 1024 // len(phrase))
        before = time.process_time()
        meaning_of(text)
        assert time.process_time() - before < 1.0, phrase
