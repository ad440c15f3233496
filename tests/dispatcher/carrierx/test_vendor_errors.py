"""Codes of failed messages and what reports say of them."""

from __future__ import annotations

import re

from dispatcher.carrierx.vendor_errors import VENDOR_ERRORS, reason_of_code


def test_a_known_code_becomes_a_word_and_a_sentence() -> None:
    assert reason_of_code("4470") == "spam_blocked: taken for spam (code 4470)"


def test_an_unknown_code_is_kept_and_cut_to_a_decent_length() -> None:
    assert reason_of_code(" 4999 ") == "code 4999"
    assert reason_of_code("x" * 500) == "code " + "x" * 40


def test_every_reason_is_one_word_for_programs_and_has_a_sentence() -> None:
    for code, (word, sentence) in VENDOR_ERRORS.items():
        assert re.fullmatch(r"\d{4}", code)
        assert re.fullmatch(r"[a-z_]+", word)
        assert sentence
