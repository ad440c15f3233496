"""Rates as people write them."""

from __future__ import annotations

import pytest

from dispatcher.errors import InputError
from dispatcher.rules.rates import parse_rate, rate_text


@pytest.mark.parametrize(
    ("text", "per_second"),
    [
        ("20/s", 20),
        ("20", 20),
        (" 0.5 / sec ", 0.5),
        ("600/m", 10),
        ("600/MIN", 10),
        ("3600/h", 1),
        ("1/hour", 1 / 3600),
    ],
)
def test_a_rate_is_read(text: str, per_second: float) -> None:
    assert parse_rate(text).per_second == pytest.approx(per_second)


@pytest.mark.parametrize(
    "text", ["", "0", "0/s", "-1/s", "x", "1/d", "1//s", "1e3/s", "1 000/s", "nan", "inf/s", "٣/s x"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_rate(text)


def test_a_burst_is_at_least_one_and_a_twentieth_of_a_second() -> None:
    assert (parse_rate("1/s").burst, parse_rate("200/s").burst, parse_rate("5/s", burst=3).burst) == (
        1,
        10,
        3,
    )


def test_the_limiters_times_follow_from_the_rate() -> None:
    rate = parse_rate("4/s", burst=3)
    assert (rate.interval_us, rate.tolerance_us) == (250_000, 500_000)


@pytest.mark.parametrize("text", ["20/s", "1/s", "1/m", "90/m", "1000/h", "1/h"])
def test_a_rate_is_shown_as_people_write_it(text: str) -> None:
    shown = rate_text(1_000_000 / round(parse_rate(text).interval_us, 3))
    assert parse_rate(shown).per_second == pytest.approx(parse_rate(text).per_second)
    assert shown == text
