"""The preflight says what a submit would do."""

from __future__ import annotations

import datetime as dt
import io
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dispatcher.errors import FileRefused, InputError
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.segments import segments, utf16_units
from dispatcher.pipeline.campaigns.settings_file import load_settings_file, resolve_settings
from dispatcher.pipeline.preflight.check import check
from dispatcher.pipeline.preflight.request import CheckRequest
from dispatcher.pipeline.preflight.result import CheckResult, LongestText
from dispatcher.settings import Settings
from tests.dispatcher.roster.workbooks import packed, parts, texts

NOW = dt.datetime(2026, 11, 27, 15, 0, tzinfo=dt.UTC)
CAMPAIGNS = Path(__file__).parents[4] / "campaigns"
ANN, BOB, CYD = "12125550101", "14165550102", "13105550103"
BRANDED = "Northwind: hi {{first_name|there}}. Reply STOP to opt out."


def checked(file: str | bytes, *, errors_to: io.StringIO | None = None, **options: Any) -> CheckResult:
    """Check a file under prices of a cent and two, 10/s for the account and 1/s a sender."""
    of_campaign = {name: options.pop(name) for name in options.keys() & CampaignSettings.model_fields.keys()}
    of_config = {name: options.pop(name) for name in options.keys() & Settings.model_fields.keys()}
    request = CheckRequest(
        filename="campaign.csv",
        settings=CampaignSettings(**({"senders": ("15165550199",), "message": BRANDED} | of_campaign)),
        now=NOW,
        errors_to=errors_to,
        **options,
    )
    prices = {"price_sms": 0.01, "price_mms": 0.02}
    config = Settings(
        **{"simulate": True, "account_rate": "10/s", "sender_rate": "1/s", **prices, **of_config}
    )
    return check(io.BytesIO(file.encode() if isinstance(file, str) else file), request, config)


def codes(result: CheckResult) -> set[str]:
    return {notice.code for notice in result.warnings}


def test_every_row_of_the_file_is_counted_once() -> None:
    result = checked(f"to,first_name\n{ANN},Ann\n{ANN},Ann\n555,Bob\n{CYD},\nx,y\n", opted_out=CYD.__eq__)
    assert (result.rows, result.sendable, result.duplicates, result.opted_out) == (5, 1, 1, 1)
    assert result.invalid == {"too_short": 1, "not_a_number": 1}
    assert result.errors_total == 2


def test_rows_without_consent_are_counted_apart_and_are_no_invalid_rows() -> None:
    errors = io.StringIO()
    file = f"to,first_name,Text Opt-In\n{ANN},Ann,yes\n555,Bob,no\n{BOB},Bob,\n{CYD},,no\n{CYD},,yes\n"
    result = checked(file, errors_to=errors, strict=True)
    assert (result.rows, result.sendable, result.no_consent, result.errors_total) == (5, 1, 4, 0)
    assert result.tally.in_words == "1 of 5 goes; 4 without consent"
    assert len(errors.getvalue().splitlines()) == 1
    assert "consent_unclear" in codes(result)
    assert [(each.setting, each.value) for each in result.readings][1:] == [("consent", "Text Opt-In")]


def test_a_workbook_is_gone_through_for_consent_as_well() -> None:
    rows = ((ANN, "TRUE"), (BOB, "no"), (ANN, "FALSE"), (CYD, ""), (CYD, "Yes"))
    book = packed(parts(texts((1, ("to", "SMS Consent")), *enumerate(rows, 2))))
    result = checked(book, message="Acme: hi. Reply STOP")
    assert (result.rows, result.sendable, result.no_consent) == (5, 1, 4)


def test_the_json_has_the_names_of_the_design() -> None:
    names = (
        "rows sendable duplicates opted_out no_consent invalid errors errors_total headings readings mended groups "
        "segments longest cost_low cost_high waiting first_at last_at finish_at previews warnings"
    )
    assert list(checked(f"to,first_name\n{ANN},Ann\n").model_dump(mode="json")) == names.split()


def test_an_error_says_where_and_what_and_never_the_number() -> None:
    (error,) = checked(
        "Phone,first_name\n\n18002345678,Ann\n", simulate=False, senders=("15162065575",)
    ).errors
    assert (error.line, error.column, error.code) == (3, "Phone", "toll_free")
    assert "2345678" not in error.message


def test_the_first_fifty_errors_are_shown_and_all_are_counted() -> None:
    result = checked("to,first_name\n" + "1,x\n" * 70)
    assert len(result.errors) == 50
    assert result.errors_total == 70
    assert [error.line for error in result.errors] == list(range(2, 52))


def test_opt_outs_that_are_not_known_are_said_to_be_unknown() -> None:
    result = checked(f"to,first_name\n{ANN},Ann\n")
    assert result.opted_out is None
    assert "opt_outs_unknown" in codes(result)
    assert "opt_outs_unknown" not in codes(checked(f"to,first_name\n{ANN},Ann\n", opted_out=BOB.__eq__))


def test_an_opted_out_member_leaves_the_group_and_the_others_stay() -> None:
    file = f"to,first_name\n{ANN},\n{BOB},\n{CYD},\n"
    result = checked(file, group_size=3, opted_out=BOB.__eq__)
    assert (result.sendable, result.opted_out, result.groups) == (2, 1, 1)
    alone = checked(file, group_size=3, opted_out=(ANN, BOB).__contains__)
    assert (alone.sendable, alone.groups, alone.previews[0].kind) == (1, 0, "sms")


def test_cost_counts_segments_of_sms_and_legs_of_mms() -> None:
    long_text = "x" * 161
    file = f"to,message,media_urls\n{ANN},{long_text},\n{BOB},Hi,https://example.com/a.jpg\n"
    result = checked(file, message=None)
    assert result.segments == 3
    assert (result.cost_low, result.cost_high) == (Decimal("0.04"), Decimal("0.04"))


def test_a_group_costs_between_one_message_and_one_for_each_member() -> None:
    result = checked(f"to,first_name\n{ANN},\n{BOB},\n{CYD},\n", group_size=3)
    assert (result.segments, result.groups) == (3, 1)
    assert (result.cost_low, result.cost_high) == (Decimal("0.02"), Decimal("0.06"))


def test_cost_is_unknown_when_a_needed_price_is() -> None:
    file = f"to,first_name\n{ANN},Ann\n"
    assert checked(file, price_sms=None).cost_low is None
    assert checked(file, price_mms=None).cost_low == Decimal("0.01")


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        ({}, 100),
        ({"senders": ("15165550199", "15165550198")}, 50),
        ({"sender_rate": "20/s"}, 10),
        ({"sender_rate": "20/s", "rate": "4/s"}, 25),
        ({"sender_rate": "20/s", "rate": "4/s", "at": "2026-11-27T16:00Z"}, 3625),
    ],
)
def test_the_finish_time_follows_the_tightest_limit(options: dict[str, Any], seconds: int) -> None:
    file = "to,first_name\n" + "".join(f"1212555{line:04},Ann\n" for line in range(100, 200))
    finish = checked(file, **options).finish_at
    assert finish == (NOW + dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_senders_own_rows_load_that_sender() -> None:
    file = "to,first_name,from\n" + "".join(f"1212555{line:04},Ann,5165550198\n" for line in range(100, 200))
    pool = ("15165550199", "15165550198")
    assert checked(file, senders=pool).finish_at == "2026-11-27T15:01:40Z"


def test_nothing_sendable_has_no_finish_time() -> None:
    assert checked("to,first_name\n1,Ann\n").finish_at is None


def test_the_row_with_the_longest_text_is_named() -> None:
    names = ("Ann", "Ann " * 50, "\u00ed" * 30, "Bo", "\u00ed" * 30)
    rows = "".join(f"1212555010{place},{name}\n" for place, name in enumerate(names))
    longest = checked(f"to,first_name\n{rows}").longest
    assert longest == LongestText(row=2, line=3, characters=len(BRANDED) - 20 + 199, segments=2)
    longest = checked(f"to,first_name\n{rows}", message="{{first_name}}" + "x" * 40).longest
    assert longest == LongestText(row=2, line=3, characters=239, segments=2)
    longest = checked(f"to,first_name\n{rows}", message="{{first_name}}" * 3).longest
    assert longest == LongestText(row=2, line=3, characters=3 * 199, segments=4)
    assert checked(f"to\n{ANN}\n", message=None, media_urls=("https://example.com/a.jpg",)).longest is None


@pytest.mark.parametrize("extra", ["", "\U0001f600", "\u00e9\u2019"])
def test_the_longest_of_many_is_the_first_that_takes_most(extra: str) -> None:
    dice = random.Random(1)
    names = ["x" * dice.randrange(1, 130) + extra * dice.randrange(3) for _ in range(4000)]
    rows = "".join(f"1212234{place:04},{name}\n" for place, name in enumerate(names))
    longest = checked(f"to,first_name\n{rows}", message="{{first_name}}").longest
    size = [(segments(name), utf16_units(name)) for name in names]
    assert longest is not None
    assert longest.row == 1 + size.index(max(size))
    assert (longest.segments, longest.characters) == max(size)


def test_smart_encoding_makes_texts_shorter_where_they_are_counted_and_shown() -> None:
    message = "Northwind: \u201c{{first_name}}\u201d \u2013 it\u2019s on. " + "x" * 80 + " STOP to end"
    plain = checked(f"to,first_name\n{ANN},Zo\u00eb\n{BOB},Bob\n", message=message, smart_encoding=True)
    assert [(each.encoding, each.segments) for each in plain.previews] == [("ucs-2", 2), ("gsm-7", 1)]
    assert (plain.previews[1].text or "").startswith('Northwind: "Bob" - it\'s on.')
    assert checked(f"to,first_name\n{ANN},Bob\n", message=message).segments == 2


def test_what_makes_texts_longer_is_named_with_the_way_out() -> None:
    for extra, named in {
        "\u2019\u2014": "\u2019 RIGHT SINGLE QUOTATION MARK, \u2014 EM DASH; smart encoding writes them plainly.",
        "\U0001f600\u200b": "\U0001f600 GRINNING FACE, ZERO WIDTH SPACE.",
        "\u2019\u2014\u2026\u201c": "\u2019 RIGHT SINGLE QUOTATION MARK, \u2014 EM DASH, \u2026 HORIZONTAL ELLIPSIS, "
        "\u2026; smart encoding writes them plainly.",
    }.items():
        [notice] = checked(f"to\n{ANN}\n", message="Northwind. STOP to end. " + extra + "x" * 60).warnings[
            -1:
        ]
        assert notice.code == "unicode_doubles_segments"
        assert notice.message.endswith(f"characters outside GSM-7: {named}")


def test_a_message_with_another_systems_placeholder_is_refused() -> None:
    for message, code in {"Hi {first_name}": "foreign_placeholder", "\u200b": "invisible_text"}.items():
        with pytest.raises(FileRefused) as refused:
            checked(f"to,first_name\n{ANN},Ann\n", message=message)
        assert refused.value.code == code


def test_previews_show_the_finished_messages_with_their_encoding() -> None:
    result = checked(f"to,first_name\n{ANN},Ann\n{BOB},Łukasz\n")
    assert [(preview.text, preview.encoding, preview.segments) for preview in result.previews] == [
        ("Northwind: hi Ann. Reply STOP to opt out.", "gsm-7", 1),
        ("Northwind: hi Łukasz. Reply STOP to opt out.", "ucs-2", 1),
    ]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (BRANDED, set()),
        ("Northwind: hi.", {"no_opt_out_text"}),
        ("hi there, we are open. Reply STOP to opt out.", {"no_brand"}),
        ("Northwind: https://bit.ly/x1 Reply STOP to opt out.", {"public_link_shortener"}),
        ("Northwind: see https://northwind.example/a Reply STOP.", set()),
        ("Northwind: it’s here. " + "Reply STOP. " * 6, {"unicode_doubles_segments"}),
        ("Northwind: it’s here. Reply STOP.", set()),
    ],
)
def test_texts_are_warned_about(message: str, expected: set[str]) -> None:
    result = checked(f"to,first_name\n{ANN},ann\n", message=message, opted_out=BOB.__eq__)
    assert codes(result) == expected


@pytest.mark.parametrize(
    ("rows", "long", "linked"),
    [
        (f"{ANN}\n", "1 text takes more", "1 message has a public"),
        (f"{ANN}\n{BOB}\n", "2 texts take more", "2 messages have a public"),
    ],
)
def test_warnings_count_one_and_several(rows: str, long: str, linked: str) -> None:
    said = [
        notice.message for notice in checked(f"to\n{rows}", message="https://bit.ly/x ’" + "x" * 60).warnings
    ]
    assert any(each.startswith(long) for each in said), said
    assert any(each.startswith(linked) for each in said), said


def test_groups_are_said_to_see_each_other() -> None:
    assert "members_see_each_other" in codes(checked(f"to,first_name\n{ANN},\n{BOB},\n", group_size=2))


def test_a_column_that_an_option_outranks_is_named() -> None:
    result = checked(f"to,message\n{ANN},Own\n", message="Hi", fixed=frozenset({"message"}))
    (notice,) = [notice for notice in result.warnings if notice.code == "column_overridden"]
    assert "'message'" in notice.message


def test_how_each_heading_was_understood_is_told() -> None:
    result = checked(f"Phone,first_name,from,Time Zone,note\n{ANN},Ann,,,\n")
    assert [heading.meaning for heading in result.headings] == [
        "recipient",
        "merge field, used",
        "sender",
        "time zone",
        "merge field",
    ]


def test_a_file_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(FileRefused, match="No column holds"):
        checked("first_name\nAnn\n")


def test_invalid_rows_come_back_as_a_file_that_can_be_mended_and_sent_by_itself() -> None:
    errors = io.StringIO(newline="")
    file = f'to,first_name,note\n{ANN},Ann,\n555,"=Bob, Jr.",+1\n{ANN},Ann,\n\n777,Cyd,\'tis\n'
    checked(file, errors_to=errors)
    written = errors.getvalue()
    assert written.splitlines()[0] == "to,first_name,note,error_line,error_column,error_code,error_message"
    assert "3,to,too_short," in written
    assert "6,to,too_short," in written
    assert "'=Bob" in written
    mended = written.replace("555,", f"{BOB},").replace("777,", f"{CYD},")
    again = checked(mended)
    assert (again.rows, again.sendable) == (2, 2)
    assert [preview.text for preview in again.previews] == [
        "Northwind: hi =Bob, Jr.. Reply STOP to opt out.",
        "Northwind: hi Cyd. Reply STOP to opt out.",
    ]
    assert [heading.column for heading in again.headings] == ["to", "first_name", "note"]


@pytest.mark.parametrize("name", ["demo.csv", "demo-groups.csv"])
def test_the_example_campaigns_are_sendable_in_a_simulation_and_in_no_live_installation(name: str) -> None:
    path = CAMPAIGNS / name
    settings, fixed = resolve_settings({}, load_settings_file(path))
    given = {field: getattr(settings, field) for field in CampaignSettings.model_fields}
    result = checked(path.read_bytes(), fixed=fixed, **given)
    assert result.rows == result.sendable + result.duplicates + result.errors_total
    assert result.sendable > 0.75 * result.rows
    assert result.duplicates
    assert result.errors_total
    with pytest.raises(FileRefused, match="fiction"):
        checked(path.read_bytes(), fixed=fixed, simulate=False, **given)


@pytest.mark.parametrize(
    "settings",
    [
        {"at": "2025-11-27T15:00Z"},
        {"at": "2026-11-26 10:00 recipient"},
        {"expires_after": "3"},
        {"max_cost": "-5"},
        {"max_cost": "5", "price_sms": None, "price_mms": None},
    ],
)
def test_what_a_submit_refuses_a_check_refuses(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        checked(f"to,first_name\n{ANN},Ann\n", **settings)


@pytest.mark.parametrize("at", ["2026-11-27T14:30Z", "2026-11-27 10:00 recipient"])
def test_a_start_of_less_than_an_hour_ago_or_still_to_come_somewhere_is_taken(at: str) -> None:
    assert checked(f"to,first_name\n{ANN},Ann\n", at=at).sendable == 1


def test_what_recurs_is_forecast_at_its_first_time_and_not_as_if_it_went_now() -> None:
    result = checked(f"to,first_name\n{ANN},Ann\n", every="mon 09:00 America/New_York", quiet_hours="off")
    assert result.first_at == "2026-11-30T14:00:00Z"
    assert result.finish_at is not None
    assert result.finish_at.startswith("2026-11-30T14:00")
    [notice] = [one for one in result.warnings if one.code == "recurs"]
    assert "Mon, Nov 30, 2026, 09:00 EST; Mon, Dec 7" in notice.message
    assert "either_day" not in codes(result)


def test_a_line_that_means_either_of_two_days_is_noted_with_the_next_three_dates() -> None:
    result = checked(f"to,first_name\n{ANN},Ann\n", every="0 9 1-7 * mon America/New_York")
    [notice] = [one for one in result.warnings if one.code == "either_day"]
    assert "Mon, Nov 30, 2026, 09:00 EST; Tue, Dec 1, 2026, 09:00 EST; Wed, Dec 2" in notice.message


@pytest.mark.parametrize(
    "more",
    [
        {"every": "monthly 09:00 America/New_York"},
        {"every": "mon 09:00 EST"},
        {"every": "mon 09:00"},
        {"every": "mon 09:00 America/New_York", "at": "2026-12-01 10:00 America/New_York"},
    ],
)
def test_a_wrong_recurrence_does_not_check_clean(more: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        checked(f"to,first_name\n{ANN},Ann\n", **more)
