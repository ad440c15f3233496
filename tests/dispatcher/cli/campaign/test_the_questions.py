"""What a file leaves open is asked on a terminal, and refused with the option's name where nobody is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.cli.campaign import _questions
from dispatcher.ledger.ledger import Ledger
from tests.mms import Mms

OPTIONS = ("--from", "15165550199", "--message", "Acme: hi. Reply STOP", "--quiet-hours", "off")


@pytest.fixture
def two_columns(tmp_path: Path) -> Path:
    """A file in which the recipients may stand in either column."""
    path = tmp_path / "spring.csv"
    path.write_text("mobile,cell\n12125550101,12125550102\n")
    return path


def test_nobody_is_asked_where_nobody_is(mms: Mms, two_columns: Path) -> None:
    said = mms("campaign", "check", str(two_columns), *OPTIONS)
    assert said.status == 2
    assert "mobile, cell" in said.err
    assert "--to COLUMN" in said.err


def test_the_option_answers_before_the_question(mms: Mms, two_columns: Path) -> None:
    checked = mms("campaign", "check", str(two_columns), *OPTIONS, "--to", "Cell", "--json").json
    assert (checked["sendable"], checked["headings"][1]["meaning"]) == (1, "recipient")
    unknown = mms("campaign", "check", str(two_columns), *OPTIONS, "--to", "cel")
    assert unknown.status == 2
    assert "did you mean 'cell'?" in unknown.err


def test_a_person_answers_by_number_and_the_answer_is_the_campaigns(
    mms: Mms, two_columns: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_questions, "_somebody_is_there", lambda: True)
    said = mms("campaign", "submit", str(two_columns), *OPTIONS, "--yes", stdin="2\n")
    assert said.status == 0, said.err
    assert "1. mobile" in said.err
    assert ledger.campaigns.settings_of(said.out.split()[-1]).to == "cell"


def test_an_answer_is_remembered_for_files_with_the_same_headings_once_something_was_made_with_it(
    mms: Mms, two_columns: Path, ledger: Ledger
) -> None:
    first = two_columns.with_name("first.csv")
    first.write_text(two_columns.read_text().replace("010", "011"))
    assert mms("campaign", "check", str(first), *OPTIONS, "--to", "cell").status == 0
    assert ledger.chosen_columns.all() == {}
    assert mms("campaign", "submit", str(first), *OPTIONS, "--to", "cell", "--yes").status == 0
    (reading,) = mms("campaign", "check", str(two_columns), *OPTIONS, "--json").json["readings"]
    assert (reading["value"], reading["why"]) == ("cell", "as chosen before for these headings")
    said = mms("campaign", "submit", str(two_columns), *OPTIONS, "--yes")
    assert said.status == 0, said.err
    assert ledger.campaigns.settings_of(said.out.split()[-1]).to == "cell"


def test_the_column_of_consent_is_named_on_the_line_and_so_is_what_a_no_does(
    mms: Mms, tmp_path: Path
) -> None:
    path = tmp_path / "members.csv"
    path.write_text("to,Accepts SMS Marketing,newsletter\n12125550101,yes,no\n12125550102,no,yes\n")

    def check(*options: str) -> str:
        return " ".join(mms("campaign", "check", str(path), *OPTIONS, *options).out.split())

    assert "sendable 1" in check()
    assert "no consent 1" in check()
    assert "says who agrees to messages; rows that do not agree are left out" in check()
    named = mms("campaign", "check", str(path), *OPTIONS, "--consent", "Newsletter", "--json").json
    assert [preview["line"] for preview in named["previews"]] == [3]
    assert "sendable 2" in check("--on-no-consent", "send")
