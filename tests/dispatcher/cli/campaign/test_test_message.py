"""`mms campaign test`: one row as it would be sent, to a number of one's own, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.roster.columns import Headings
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.cli.worker import working
from tests.dispatcher.roster.workbooks import packed, sheets, texts
from tests.mms import Mms

OURS, OWN = "15162065575", "15165550199"


@pytest.fixture
def spring(tmp_path: Path) -> Path:
    """Three recipients; the second has another text, the third cannot be reached."""
    path = tmp_path / "spring.csv"
    path.write_text("to,name\n12125550101,Ann\n12125550102,Bob\n555,Eve\n")
    return path


def trial(mms: Mms, file: Path, row: int, to: str = OWN, *options: str) -> tuple[int, str, str]:
    """Test a row; the status, and what was written."""
    given = ("--from", OURS, "--message", "Hi {{name}}", *options)
    said = mms("campaign", "test", str(file), "--row", str(row), "--to", to, *given)
    return said.status, said.out.strip(), said.err


@pytest.mark.slow
def test_one_row_goes_to_the_number_given_and_nobody_else_hears_anything(
    mms: Mms, runtime: Runtime, simulator: SimulatorHandle, spring: Path
) -> None:
    status, campaign_id, err = trial(mms, spring, 2)
    assert status == 0, err
    with working(runtime):
        assert mms("campaign", "watch", campaign_id).status == 0
    (message,) = simulator.received().messages
    assert (message["from"], message["to"], message["message"]) == (OURS, [OWN], "Hi Bob")
    assert [each["id"] for each in mms("campaign", "list", "--json").json] == [campaign_id]


def test_a_test_reads_the_column_that_was_chosen_before_as_a_check_does(
    mms: Mms, ledger: Ledger, tmp_path: Path
) -> None:
    two = tmp_path / "two.csv"
    two.write_text("Phone 1,Phone 2,name\n12125550101,555,Ann\n12125550102,12125550103,Bob\n")
    assert "say which with --column COLUMN" in trial(mms, two, 1)[2]
    ledger.chosen_columns.remember(Headings(("Phone 1", "Phone 2", "name"), line=1).hash, "Phone 2")
    assert "row 1 cannot be sent" in trial(mms, two, 1)[2]
    assert trial(mms, two, 2)[0] == 0


def test_a_test_is_told_how_the_file_is_read(mms: Mms, ledger: Ledger, tmp_path: Path) -> None:
    book, letters = tmp_path / "book.xlsx", tmp_path / "letters.csv"
    rows = (
        (1, ("to", "name", "Texts OK?")),
        (2, ("12125550101", "Ann", "no")),
        (3, ("12125550102", "Bob", "yes")),
    )
    book.write_bytes(packed(sheets(("One", texts(*rows)), ("Two", texts(*rows, hidden=(3,))))))
    two = ("--sheet", "Two", "--consent", "Texts OK?")
    assert "row 1 cannot be sent" in trial(mms, book, 1, OWN, *two)[2]
    assert "no row 2" in trial(mms, book, 2, OWN, *two)[2]
    assert trial(mms, book, 2, OWN, *two, "--hidden-rows")[0] == 0
    letters.write_bytes("to,name\n12125550101,Zoë\n".encode("cp1252"))
    status, campaign_id, err = trial(mms, letters, 1, OWN, "--encoding", "iso-8859-5")
    assert status == 0, err
    assert ledger.campaigns.settings_of(campaign_id).message == "Hi Zoы"


def test_a_test_does_not_stand_in_the_way_of_the_campaign_nor_of_another_test(
    mms: Mms, ledger: Ledger, spring: Path
) -> None:
    ids = [trial(mms, spring, 1)[1] for _ in range(2)]
    assert len(set(ids)) == 2
    submitted = mms("campaign", "submit", str(spring), "--from", OURS, "--message", "Hi {{name}}")
    assert submitted.status == 0, submitted.err
    assert [ledger.campaign(each).settings.name for each in ids] == ["Test of spring"] * 2


@pytest.mark.parametrize(
    ("row", "to", "said"),
    [
        (3, OWN, "row 3 cannot be sent"),
        (4, OWN, "the file has no row 4"),
        (1, "12345", "number"),
    ],
)
def test_what_cannot_be_tested_is_refused_with_a_sentence(
    mms: Mms, spring: Path, row: int, to: str, said: str
) -> None:
    status, out, err = trial(mms, spring, row, to)
    assert (status, out) == (2, "")
    assert said in err
    assert mms("campaign", "list", "--json").json == []


def test_a_row_without_a_sending_number_asks_for_one(mms: Mms, spring: Path) -> None:
    said = mms("campaign", "test", str(spring), "--row", "1", "--to", OWN, "--message", "Hi")
    assert said.status == 2
    assert "No sender" in said.err


def test_a_file_that_is_not_there_is_said(mms: Mms, tmp_path: Path) -> None:
    status, _, err = trial(mms, tmp_path / "nothing.csv", 1)
    assert status == 2
    assert "nothing.csv" in err
