"""Which numbers can be sent to."""

from __future__ import annotations

import random

import phonenumbers
import pytest

from dispatcher.numbering.area_codes import area_codes
from dispatcher.roster.numbers import NumberReader, is_fictional, read_sender
from dispatcher.roster.rejections import RowError

LIVE = NumberReader(fictional_ok=False, regions=frozenset({"US", "CA"}))
SENDABLE = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
SIMULATED = NumberReader(fictional_ok=True, regions=frozenset({"US", "CA"}))


def code(cell: str, reader: NumberReader = LIVE) -> str:
    with pytest.raises(RowError) as refusal:
        reader.read(cell)
    return refusal.value.code


def kind_and_region(digits: str) -> tuple[int, str | None]:
    number = phonenumbers.PhoneNumber(country_code=1, national_number=int(digits))
    return phonenumbers.number_type(number), phonenumbers.region_code_for_number(number)


def test_what_the_library_takes_for_a_phone_that_can_be_written_to_we_take_as_one_of_the_same_region() -> (
    None
):
    dice = random.Random(2)
    for _ in range(2000):
        digits = f"{dice.randrange(200, 1000)}{dice.randrange(200, 1000)}{dice.randrange(10000):04}"
        kind, region = kind_and_region(digits)
        if kind not in SENDABLE or digits[4:6] == "11" or is_fictional("1" + digits):
            continue
        known = area_codes()[digits[:3]]
        assert (known.country, known.use) == (region, ""), digits
        assert (
            NumberReader(fictional_ok=False, regions=frozenset({known.country})).read(digits) == "1" + digits
        )


def test_what_we_take_and_the_library_does_not_is_a_code_of_the_states_or_of_canada_in_the_table() -> None:
    dice = random.Random(3)
    for npa, known in area_codes().items():
        digits = f"{npa}{dice.randrange(212, 311)}2345"
        kind, region = kind_and_region(digits)
        if known.use:
            assert code(digits) == {
                "toll-free": "toll_free",
                "service": "not_mobile",
                "reserved": "unassigned",
            }.get(known.use, known.use)
            assert kind not in SENDABLE
        elif region is None:
            assert known.country in ("US", "CA") or kind == phonenumbers.PhoneNumberType.UNKNOWN, npa
        else:
            assert region == known.country, npa


@pytest.mark.parametrize("npa", [npa for npa, code in area_codes().items() if code.country in ("PR", "DO")])
def test_where_every_exchange_is_taken_the_library_takes_every_exchange(npa: str) -> None:
    for nxx in range(212, 1000, 7):
        assert nxx % 100 == 11 or kind_and_region(f"{npa}{nxx}2345")[0] in SENDABLE, nxx


@pytest.mark.parametrize(
    "number", ["16792345678", "14362345678", "18612345678", "14832345678", "19832002345"]
)
def test_a_new_area_code_is_as_good_as_an_old_one(number: str) -> None:
    assert LIVE.read(number) == number
    assert number[1:4] in LIVE.area_codes


def test_an_unknown_area_code_is_left_out_until_somebody_says_otherwise() -> None:
    with pytest.raises(RowError) as refusal:
        LIVE.read("237-234-5678")
    assert refusal.value.code == "unknown_area_code"
    assert "--unknown-area-codes send" in refusal.value.sentence
    sends = NumberReader(fictional_ok=False, regions=frozenset({"US", "CA"}), send_unknown=True)
    numbers = [sends.read(f"{npa}-234-567{line}") for line, npa in enumerate(("237", "238", "237"))]
    assert numbers == ["12372345670", "12382345671", "12372345672"]
    assert [remark.code for remark in sends.remarks()] == ["unknown_area_codes"]
    assert next(sends.remarks()).message.startswith("3 rows have an area code that is not on the list of 20")
    assert "(237, 238)" in next(sends.remarks()).message
    assert code("222-234-5678", sends) == "unassigned"
    assert code("191-234-5678", sends) == "bad_area_code"
    assert code("237-111-5678", sends) == "bad_exchange"
    assert code("543-234-5678", sends) == "personal"
    assert not list(LIVE.remarks())


def test_an_area_code_that_is_added_is_sent_to_where_its_place_is() -> None:
    codes = area_codes("237=US-MI, 238=JM")
    added = NumberReader(fictional_ok=False, regions=frozenset({"US", "CA"}), codes=codes)
    assert added.read("2372345678") == "12372345678"
    assert code("2382345678", added) == "region_not_allowed"


def test_an_exchange_that_the_library_does_not_know_is_sent_to_only_if_somebody_says_so() -> None:
    islands = frozenset({"US", "TC"})
    assert code("6492002345", NumberReader(fictional_ok=False, regions=islands)) == "unknown_exchange"
    sends = NumberReader(fictional_ok=False, regions=islands, send_unknown=True)
    assert sends.read("6492002345") == "16492002345"
    assert not list(sends.remarks())  # the hours of the islands are known


def test_fictional_numbers_are_sendable_in_a_simulation_only() -> None:
    assert SIMULATED.read("2125550100") == "12125550100"
    assert SIMULATED.read("8005550199") == "18005550199"
    assert code("2125550100") == "fictional"
    assert code("1115550100", SIMULATED) == "bad_area_code"


def test_a_region_is_refused_by_its_name_and_with_the_way_to_allow_it() -> None:
    with pytest.raises(RowError) as refusal:
        LIVE.read("7872345678")
    assert refusal.value.sentence == (
        "The number belongs to Puerto Rico; allowed are United States, Canada; "
        "to allow it, add Puerto Rico to MMS_REGIONS."
    )


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
