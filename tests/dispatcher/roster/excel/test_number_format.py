"""What a spreadsheet shows of a number, format by format."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.roster.excel.number_format import BUILT_IN, NumberFormat, render

ACCOUNTING = BUILT_IN[44]
PHONE = "[<=9999999]###-####;(###) ###-####"


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1250.5, "$#,##0.00", "$1,250.50"),
        (0.15, "0%", "15%"),
        (0.0725, "0.0%", "7.3%"),
        (2139, "00000", "02139"),
        (21391234, "00000-0000", "02139-1234"),
        (1.5, "[h]:mm", "36:00"),
        (1.5, "[mm]:ss", "2160:00"),
        (0.1 + 0.2, "General", "0.3"),
        (1.005, "0.00", "1.01"),
        (-1.005, "0.00", "-1.01"),
        (-0.001, "0.00", "0.00"),
        (0, "#", ""),
        (5, ";;;", ""),
        (1234567.891, "#,##0.0,", "1,234.6"),
        (2_500_000, '0.0,,"M"', "2.5M"),
        (2125550101, PHONE, "(212) 555-0101"),
        (5550101, PHONE, "555-0101"),
        (1250.5, "[$€-407] #,##0.00", "€ 1,250.50"),
        (1250.5, "[$-409]$#,##0.00", "$1,250.50"),
        (3, '0" days"', "3 days"),
        (3, r"\#0", "#3"),
        (-3, '"+"0;"minus "0;"none"', "minus 3"),
        (0, '"+"0;"minus "0;"none"', "none"),
        (-1, '[Red]0;[Blue]0" below"', "1 below"),
        (150, '[>100]"many";[>10]"some";"few"', "many"),
        (50, '[>100]"many";[>10]"some";"few"', "some"),
        (5, '[>100]"many";[>10]"some";"few"', "few"),
        (15_200_000_000, "0.00E+00", "1.52E+10"),
        (0.00012, "0.0E+0", "1.2E-4"),
        (12345, "##0.0E+0", "12.3E+3"),
        (1.25, "# ?/?", "1 1/4"),
        (1, "# ?/?", "1"),
        (0.5, "# ??/??", "1/2"),
        (1.3, "0 ?/8", "1 2/8"),
        (2.5, "# ?/? ?", "2 1/2"),
        (1250.5, ACCOUNTING, "$1,250.50"),
        (-1250.5, ACCOUNTING, "$(1,250.50)"),
        (0, ACCOUNTING, "$-"),
        (1.5, "???.???", "1.5"),
        (7, "@", "7"),
        (1.5, '"<"General">"', "<1.5>"),
    ],
)
def test_a_number_shows_as_its_format_says(value: float, code: str, shown: str) -> None:
    assert render(value, code) == shown


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (46357, BUILT_IN[14], "12/1/2026"),
        (46357.604166666664, BUILT_IN[22], "12/1/2026 14:30"),
        (46357, BUILT_IN[15], "1-Dec-26"),
        (46357, "yyyy-mm-dd", "2026-12-01"),
        (46357, "[$-409]dddd, mmmm d, yyyy", "Tuesday, December 1, 2026"),
        (46357, "[$-40C]d mmmm yyyy", "1 décembre 2026"),
        (46357, '[$-80A]dddd, d "de" mmmm', "martes, 1 de diciembre"),
        (46357, "[$-F800]dddd", "Tuesday, December 1, 2026"),
        (46357.5, "[$-F400]h:mm", "12:00:00 PM"),
        (0.6041666666666666, "h:mm AM/PM", "2:30 PM"),
        (0.6041666666666666, "h A/P", "2 P"),
        (0, "h:mm AM/PM", "12:00 AM"),
        (0.6041666666666666, "mm/dd hh:mm", "01/00 14:30"),
        (0.5, "mm:ss", "00:00"),
        (0.50001157407, "h:mm:ss.00", "12:00:01.00"),
        (0.999999, "h:mm:ss", "0:00:00"),
        (60, "d mmm yyyy", "29 Feb 1900"),
        (61, "ddd", "Thu"),
        (-1, "m/d/yyyy", "-1"),
        (2_958_466, "m/d/yyyy", "2958466"),
        (-0.5, "[h]:mm", "-12:00"),
    ],
)
def test_a_day_or_a_time_shows_as_its_format_says(value: float, code: str, shown: str) -> None:
    assert render(value, code) == shown


def test_days_may_count_from_1904() -> None:
    assert render(44895, "m/d/yyyy", from_1904=True) == "12/1/2026"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2125550101, "2125550101"),
        (12125550101, "12125550101"),
        (123456789012345, "123456789012345"),
        (1e15, "1E+15"),
        (1 / 3, "0.333333333"),
        (1234567.891234, "1234567.891"),
        (-0.5, "-0.5"),
        (0.00001, "0.00001"),
        (0.00000012345, "1.2345E-07"),
        (123456789012.5, "1.23457E+11"),
    ],
)
def test_without_a_format_whole_numbers_are_whole_and_others_as_wide_as_a_column(
    value: float, shown: str
) -> None:
    assert render(value, "General") == shown
    assert NumberFormat("General").is_plain


def test_what_only_aligns_is_kept_where_it_is_asked_for() -> None:
    assert NumberFormat(ACCOUNTING).aligned(1) == " $1.00 "
    assert NumberFormat("# ??/??").aligned(1.25) == "1  1/4 "


@given(st.text('0#?.,%E+-/@;:"\\_*[]$<>=1hmsydeab AMPG€', max_size=30), st.floats())
def test_nothing_raises_whatever_a_code_says(code: str, value: float) -> None:
    assert isinstance(render(value, code), str)
