"""Which numbers can be sent to."""

from __future__ import annotations

import random

import phonenumbers
import pytest

from dispatcher.roster._area_codes import COUNTRY, can_be_area_code
from dispatcher.roster.numbers import NumberReader, is_fictional, read_sender
from dispatcher.roster.rejections import RowError

LIVE = NumberReader(fictional_ok=False, regions=frozenset({"US", "CA"}))
SIMULATED = NumberReader(fictional_ok=True, regions=frozenset({"US", "CA"}))


def code(cell: str, reader: NumberReader = LIVE) -> str:
    with pytest.raises(RowError) as refusal:
        reader.read(cell)
    return refusal.value.code


def test_the_table_of_area_codes_agrees_with_the_library() -> None:
    dice = random.Random(1)
    for npa, country in COUNTRY.items():
        nxx = dice.choice([nxx for nxx in range(212, 1000) if nxx % 100 != 11 and nxx != 555])
        number = phonenumbers.PhoneNumber(country_code=1, national_number=int(f"{npa}{nxx}2345"))
        assert phonenumbers.is_valid_number(number), npa
        assert phonenumbers.region_code_for_number(number) == country
        assert phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE


def test_every_area_code_of_the_table_is_one_that_the_plan_allows() -> None:
    assert all(map(can_be_area_code, COUNTRY))


def test_a_number_and_the_library_agree_on_what_is_sendable() -> None:
    dice = random.Random(2)
    sendable = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
    for _ in range(2000):
        digits = f"{dice.randrange(200, 1000)}{dice.randrange(200, 1000)}{dice.randrange(10000):04}"
        number = phonenumbers.PhoneNumber(country_code=1, national_number=int(digits))
        expected = (
            phonenumbers.number_type(number) in sendable
            and phonenumbers.region_code_for_number(number) in ("US", "CA")
            and digits[4:6] != "11"
            and not is_fictional("1" + digits)
        )
        try:
            NumberReader(fictional_ok=False, regions=frozenset({"US", "CA"})).read(digits)
        except RowError:
            assert not expected, digits
        else:
            assert expected, digits


def test_fictional_numbers_are_sendable_in_a_simulation_only() -> None:
    assert SIMULATED.read("2125550100") == "12125550100"
    assert SIMULATED.read("8005550199") == "18005550199"
    assert code("2125550100") == "fictional"
    assert code("1115550100", SIMULATED) == "bad_area_code"


def test_a_region_can_be_left_out_or_added() -> None:
    us_only = NumberReader(fictional_ok=False, regions=frozenset({"US"}))
    with_puerto_rico = NumberReader(fictional_ok=False, regions=frozenset({"US", "PR"}))
    assert code("4162345678", us_only) == "region_not_allowed"
    assert with_puerto_rico.read("787 234 5678") == "17872345678"


@pytest.mark.parametrize(
    "writing", ["5162065574", "15162065574", "+1 (516) 206-5574", "516.206.5574", "1-516-206-5574"]
)
def test_one_number_is_one_recipient_however_it_is_written(writing: str) -> None:
    assert LIVE.read(writing) == "15162065574"


def test_a_refusal_keeps_the_number_that_could_be_read_and_does_not_say_it() -> None:
    with pytest.raises(RowError) as refusal:
        LIVE.read("(800) 234-5678")
    assert refusal.value.number == "18002345678"
    assert "2345678" not in refusal.value.sentence


def test_a_sender_may_be_toll_free_but_not_a_short_code() -> None:
    assert read_sender("+1 (800) 234-5678") == "18002345678"
    with pytest.raises(RowError, match="bad_sender"):
        read_sender("72727")
