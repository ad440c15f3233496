"""What a cell says under its heading: of the exports that people have, and of what they write themselves."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.roster._consent_headings import consent_heading, named_heading
from dispatcher.roster._consent_values import said_in, verdict

CELLS = Path(__file__).parents[2] / "data" / "consent" / "cells.tsv"


def read_as(heading: str, cell: str) -> str:
    """`-`: no column of consent; `?`: perhaps one; else the verdict."""
    meaning = consent_heading(heading)
    if meaning is None:
        return "-"
    return verdict(cell, meaning) if meaning.is_clear else "?"


def test_every_cell_is_read_as_a_person_means_it() -> None:
    with CELLS.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    assert len(lines) > 300
    wrong = [(heading, cell, said) for heading, cell, said in lines if read_as(heading, cell) != said]
    assert wrong == []


@pytest.mark.parametrize("cell", ["no", "FALSE", " 0 ", "'no", "Opted out", "✗", "non", "never"])
def test_a_refusal_is_read_in_any_writing(cell: str) -> None:
    assert read_as("SMS Consent", cell) == "no"


@pytest.mark.parametrize("cell", ["", " ", "-", "N/A", "NULL", "0000-00-00", "#N/A", "none"])
def test_a_cell_without_a_word_is_no_consent_and_no_refusal(cell: str) -> None:
    assert (read_as("SMS Consent", cell), read_as("SMS Opt Out", cell)) == ("silent", "free")


@given(st.text(max_size=40))
def test_any_heading_and_any_cell_is_read(text: str) -> None:
    assert read_as("SMS Consent", text) in ("yes", "no", "silent", "unclear")
    assert read_as(text, "no") in ("-", "?", "yes", "no", "silent", "unclear", "free")
    assert verdict("no", named_heading(text)) in ("no", "free", "unclear")


def test_a_long_text_is_unclear_and_not_gone_through() -> None:
    assert said_in("no " * 40_000) == "unclear"
