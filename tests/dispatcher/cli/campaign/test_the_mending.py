"""`mms campaign check FILE --mend`: cells are asked for one by one, and what was answered counts from then on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dispatcher.cli.campaign import _mend
from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.ledger.ledger import Ledger
from tests.mms import Mms, Said

OPTIONS = ("--from", "15165550199", "--message", "Acme: hi {{name}}. Reply STOP", "--quiet-hours", "off")
BAD = "phone;name\n12125550101;Ann\n555;Bob\n12125550103;\n12125550104;Dee;x\n12\u200b5;Eve\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A campaign file of one good row and four bad ones."""
    path = tmp_path / "spring.csv"
    path.write_text(BAD)
    return path


@pytest.fixture
def beside(file: Path) -> Path:
    """Where its mends are kept."""
    return file.with_name("spring.csv.mends.json")


def check(mms: Mms, file: Path, *options: str, answers: str | None = None) -> Said:
    """Check a file; with answers on a terminal."""
    return mms("campaign", "check", str(file), *OPTIONS, *options, stdin=answers)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is there to answer."""
    monkeypatch.setattr(_mend, "_somebody_is_there", lambda: True)


@pytest.mark.usefixtures("terminal")
def test_each_cell_is_asked_for_judged_at_once_and_kept_beside_the_file(
    mms: Mms, file: Path, beside: Path
) -> None:
    said = check(mms, file, "--mend", answers='556\n(212) 555-0102\n\n12125550104,"Dee;x"\nq\n')
    assert "line 3, phone: The number has 3 digits" in said.err
    assert said.err.count("The number has 3 digits") == 3, "the first answer was no better"
    assert "  12⟨U+200B⟩5" in said.err
    assert "line 5, the whole row" in said.err
    assert "note: 2 cells mended by spring.csv.mends.json" in said.err
    assert "2 rows cannot be sent" in said.out
    assert json.loads(beside.read_text()) == {
        "mends": [
            {"line": 3, "column": "phone", "before": "555", "after": "(212) 555-0102"},
            {"line": 5, "before": ["12125550104", "Dee", "x"], "after": ["12125550104", "Dee;x"]},
        ]
    }
    assert file.read_text() == BAD


@pytest.mark.usefixtures("terminal")
def test_what_was_left_is_asked_for_the_next_time_and_what_was_mended_counts_everywhere(
    mms: Mms, file: Path, beside: Path, ledger: Ledger
) -> None:
    check(mms, file, "--mend", answers="12125550102\nq\n")
    check(mms, file, "--mend", answers="Cyd\nq\n")
    assert len(json.loads(beside.read_text())["mends"]) == 2
    tried = mms("campaign", "test", str(file), *OPTIONS[:4], "--row", "2", "--to", "12125550155")
    assert "2 cells mended by spring.csv.mends.json" in tried.err
    assert tried.status == 0
    sent = mms("campaign", "submit", str(file), *OPTIONS, "--yes")
    assert "3 of 5 go" in sent.err
    campaign = sent.out.split()[-1]
    assert ledger.campaign(campaign).mended == 2
    [entry, *_] = AuditLog(ledger.redis).latest(1, campaign)
    assert entry.did == "sent, 2 cells mended on lines 3 and 4"
    shown = mms("campaign", "show", campaign)
    assert "2 cells of its file" in shown.out


@pytest.mark.usefixtures("terminal")
def test_a_file_that_changed_is_not_sent_with_the_mends_of_what_it_was(
    mms: Mms, file: Path, beside: Path
) -> None:
    check(mms, file, "--mend", answers="12125550102\nq\n")
    file.write_text(BAD.replace("555;Bob", "556;Bob"))
    for said in (check(mms, file), mms("campaign", "submit", str(file), *OPTIONS, "--yes")):
        assert said.status == 2
        assert f"{beside}: line 3: A cell was mended here that does not stand here" in said.err
        assert f"delete {beside}" in said.err
    beside.write_text("{}")
    words = check(mms, file).err
    assert "The list of mended cells cannot be read" in words
    assert words.count(f"{beside}: ") == 1


def test_a_list_of_mends_may_be_written_by_hand_and_is_not_read_from_elsewhere(
    mms: Mms, file: Path, beside: Path
) -> None:
    beside.write_text('{"mends": [{"line": 3, "column": 1, "before": "555", "after": "12125550102"}]}')
    assert check(mms, file, "--json").json["mended"] == 1
    other = file.rename(file.with_name("summer.csv"))
    assert check(mms, other, "--json").json["mended"] == 0


def test_nobody_is_asked_where_nobody_is(mms: Mms, file: Path) -> None:
    said = check(mms, file, "--mend")
    assert (said.status, "--mend asks on a terminal" in said.err) == (2, True)


@pytest.mark.usefixtures("terminal")
def test_what_comes_through_a_pipe_is_not_mended(mms: Mms) -> None:
    said = mms("campaign", "check", "-", *OPTIONS, "--mend", stdin=BAD)
    assert (said.status, "save it as a file first" in said.err) == (2, True)


@pytest.mark.usefixtures("terminal")
def test_an_answer_that_cannot_be_kept_is_said(mms: Mms, file: Path, beside: Path) -> None:
    beside.with_name(f"{beside.name}.new").mkdir()
    said = check(mms, file, "--mend", answers="12125550102\n")
    assert (said.status, f"{beside} cannot be written" in said.err) == (2, True)
