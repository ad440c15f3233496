"""Cells of numbers as people and programs write them: labels, schemes, invisible signs, several numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.roster._nanp import national_digits, recipient_digits
from dispatcher.roster.numbers import read_sender
from dispatcher.roster.rejections import RowError

NUMBER = "2125550100"

SCHEMES = [
    "p:+12125550100",
    "P:+1 212 555 0100",
    "tel:+1-212-555-0100",
    "TEL://2125550100",
    "sms:+12125550100?body=Hi there 5",
    "sms:+12125550100&body=at 5",
    "smsto:+12125550100:see you at 5",
    "mms:+12125550100",
    "whatsapp:+12125550100",
    "callto:+12125550100",
    "https://wa.me/12125550100?text=Hi",
    "12125550100@s.whatsapp.net",
    "tel:+1-212-555-0100;ext=",
    "tel:212-555-0100;phone-context=+1",
    "tel:555-0100;phone-context=+1212",
    "tel:2125550100;phone-context=example.com;isub=7",
    "TEL;TYPE=CELL,VOICE:+12125550100",
    "TEL;VALUE=uri:tel:+12125550100",
]
LABELS = [
    "(cell) 212-555-0100",
    "212-555-0100 (mobile)",
    "Mobile: 212-555-0100",
    "C: 212-555-0100",
    "M 212-555-0100",
    "212-555-0100 c",
    "cell2125550100",
    "2125550100mobile",
    "cell# 212-555-0100",
    "Cell No. 212-555-0100",
    "Cell Phone 212.555.0100",
    "Phone 1: 212-555-0100",
    "cel. 212 555 0100",
    "Móvil: 212-555-0100",
    "Tél. portable : 212-555-0100",
    "Home: 212-555-0100",
    "212-555-0100 (US)",
    "_$!<Mobile>!$_ 212-555-0100",
    "\U0001f4f1 212-555-0100",
    "\U0001f1fa\U0001f1f8 +1 212 555 0100",
    "212-555-0100 x",
    "(212) 555-0100 ext.",
    "2125550100#",
]
SIGNS = [
    "'2125550100",
    "\u20182125550100",
    "\u00b42125550100",
    "\u02bc+12125550100",
    "`2125550100",
    "=+12125550100",
    '="2125550100"',
    "+1\u00a0212\u202f555\u20090100",
    "212\u00c2\u00a0555\u00c2\u00a00100",
    "\u202a+1 212 555 0100\u202c",
    "\u2066212-555-0100\u2069",
    "mobile\u202d+1 (212) 555\u20110100\u202c",
    "212\u00b7555\u00b70100",
    "\uff12\uff11\uff12\uff15\uff15\uff15\uff10\uff11\uff10\uff10",
    "2\ufe0f\u20e312-555-0100",
    "(+1) 212-555-0100",
    "+ 1 212 555 0100",
    "[212] 555-0100",
    "+1, 212-555-0100",
    "+1+212+555+0100",
    "%2B12125550100",
    "212&nbsp;555&nbsp;0100",
    '["+12125550100"]',
    "{+12125550100}",
    "\u2022 212-555-0100",
    "\u2116 212-555-0100",
    "212 555 0100;",
]
ONE_OF_SEVERAL = [
    "212-555-0100 (cell) / 917-555-0101 (home)",
    "917-555-0101 home; 212-555-0100 mobile",
    "H: 917-555-0101 C: 212-555-0100",
    "917-555-0101 (h) 212-555-0100 (c)",
    "917-555-0101 or cell 212-555-0100",
    "917-555-0101, cel 212-555-0100",
    "917-555-0101 (casa) o 212-555-0100 (celular)",
    "917-555-0101\n212-555-0100 (móvil)",
    "917-555-0101 domicile, 212-555-0100 portable",
    "work 917-555-0101<br>mobile 212-555-0100",
    "tel:+19175550101; sms:+12125550100",
    "212-555-0100, cell, 917-555-0101, home",
    "cell: 212-555-0100, home: 555-0101",
    "cell 212-555-0100 & 917-555-0101",
    "212-555-0100, fax 917-555-0101",
]
THE_SAME_TWICE = [
    "212-555-0100 / (212) 555-0100",
    "+12125550100 ::: 212-555-0100",
    "2125550100 2125550100",
    '["+12125550100","+1 212 555 0100"]',
    "home 212-555-0100, work 212-555-0100",
]
REFUSED = {
    "not_a_number": [
        "1-800-FLOWERS",
        "O212-555-0100",
        "212-555-O100",
        "2l2-555-0100",
        "l:2046983545902460",
        "ag:2125550100",
        "Ann 212-555-0100",
        "212-555-0100 Ann",
        "do not call 212-555-0100",
        "no cell 212-555-0100",
        "wrong number 212-555-0100",
        "ann@example.com",
        "$2,125,550,100",
        "2026-11-28 10:00:00",
        "cell",
    ],
    "extension": [
        "212-555-0100 x5",
        "212-555-0100 ext 5 (cell)",
        "212-555-0100 poste 12",
        "tel:+12125550100;ext=5",
        "tel:+12125550100,1234",
        "212-555-0100;5",
        "2125550100p12",
    ],
    "two_numbers": [
        "212-555-0100 / 917-555-0101",
        "212-555-0100 ::: 917-555-0101",
        "212-555-0100\n917-555-0101",
        "212-555-0100 917-555-0101",
        "2125550100;9175550101",
        "tel:+12125550100;tel:+19175550101",
        "212-555-0100/0101",
        "212-555-0100 or 0101",
        "212-555-0100 cell 917-555-0101",
        "cell 212-555-0100 / cell 917-555-0101",
        "home 212-555-0100 / work 917-555-0101",
    ],
    "not_mobile": ["Fax: 212-555-0100", "212-555-0100 (fax)", "Pager 212-555-0100"],
    "region_not_allowed": ["whatsapp:+442079460000", "tel:2079460000;phone-context=+44"],
    "empty_number": [" " * 400, "'", '=""', " , "],
    "too_short": ["cell 555-0100", "C: 212-555-010", "cell 555-0100 / home 212-555-0100"],
    "too_long": ["mobile: 212-555-01000"],
}


@pytest.mark.parametrize("cell", [*SCHEMES, *LABELS, *SIGNS])
def test_what_stands_around_a_number_is_no_part_of_it(cell: str) -> None:
    assert recipient_digits(cell) == national_digits(cell) == NUMBER


@pytest.mark.parametrize("cell", ONE_OF_SEVERAL)
def test_of_several_numbers_the_one_that_is_marked_as_mobile_is_taken(cell: str) -> None:
    assert recipient_digits(cell) == NUMBER


@pytest.mark.parametrize("cell", THE_SAME_TWICE)
def test_a_number_that_stands_there_twice_is_one(cell: str) -> None:
    assert recipient_digits(cell) == national_digits(cell) == NUMBER


@pytest.mark.parametrize(
    ("code", "cell"), [(code, cell) for code, cells in REFUSED.items() for cell in cells]
)
def test_what_is_not_surely_one_number_is_refused_with_the_reason(code: str, cell: str) -> None:
    with pytest.raises(RowError) as refusal:
        recipient_digits(cell)
    assert refusal.value.code == code


def test_a_sender_or_an_opt_out_is_never_chosen_among_several() -> None:
    with pytest.raises(RowError, match="bad_sender"):
        read_sender("212-555-0100 (cell) / 917-555-0101 (home)")


WRITINGS = ("{0}{1}{2}", "+1{0}{1}{2}", "({0}) {1}-{2}", "{0}.{1}.{2}", "1-{0}-{1}-{2}", "+1 {0} {1} {2}")
MARKED = ("cell {}", "{} (cell)", "Mobile: {}", "{} m", "sms:{}", "móvil {}")
OTHERS = ("{}", "home {}", "{} (work)", "W: {}", "tel:{}", "casa {}")


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(WRITINGS),
    st.sampled_from(WRITINGS),
    st.sampled_from(MARKED),
    st.sampled_from(OTHERS),
    st.sampled_from([" / ", "; ", ", ", "\n", " ::: ", " or ", " | "]),
    st.booleans(),
)
def test_whatever_the_writing_the_mobile_one_of_two_is_found_and_two_alike_are_never_guessed(
    one: str, other: str, mark: str, label: str, between: str, first: bool
) -> None:
    mobile, home = one.format("212", "555", "0100"), other.format("917", "555", "0101")
    cells = [mark.format(mobile), label.format(home)]
    assert recipient_digits(between.join(cells if first else reversed(cells))) == NUMBER
    for both in ((mark, mark), (label, label)):
        with pytest.raises(RowError, match="two_numbers"):
            recipient_digits(between.join((both[0].format(mobile), both[1].format(home))))


def test_a_cell_of_any_length_is_judged_at_once() -> None:
    for cell in (
        "a" * 131_072,
        "1" * 131_072,
        "cell " * 26_000,
        ";" * 131_072,
        "(" * 300,
        "a." * 150,
        " " * 298 + "1",
    ):
        with pytest.raises(RowError):
            recipient_digits(cell)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("0123456789+-(). /;,:xcmhe\n'\u00a0\u202a"), max_size=40))
def test_no_cell_is_more_than_refused(cell: str) -> None:
    try:
        digits = recipient_digits(cell)
    except RowError:
        return
    assert len(digits) == 10
    assert digits in "".join(filter(str.isdigit, cell))
