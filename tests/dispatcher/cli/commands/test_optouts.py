"""`mms optout` and `mms inbound` on a real ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.ledger.ledger import Ledger
from tests.mms import Mms

NUMBER = "15165550123"


def doubtful(ledger: Ledger) -> None:
    ledger.inbound.keep(
        b"0-1",
        Inbound("a1", 1_700_000_000_000, NUMBER, "15162065575", "stop by at 5?", (), "doubtful"),
        needs_review=True,
        follows=False,
    )


@pytest.mark.slow
def test_a_number_can_be_added_and_removed_in_any_writing(mms: Mms, ledger: Ledger) -> None:
    assert mms("optout", "add", "+1 (516) 555-0123", "516.555.0124").out == "2 of 2 changed\n"
    assert ledger.optouts.is_out(NUMBER)
    assert mms("optout", "add", NUMBER).out == "0 of 1 changed\n"
    assert mms("optout", "remove", NUMBER).out == "1 of 1 changed\n"
    assert not ledger.optouts.is_out(NUMBER)


def test_what_is_no_number_is_refused_and_not_repeated(mms: Mms) -> None:
    said = mms("optout", "add", "12345")
    assert said.status == 2
    assert "12345" not in said.err
    said = mms("optout", "add", NUMBER, "12345")
    assert "number 2 of 2" in said.err
    assert mms("optout", "list", "--json").json == []


def test_the_list_shows_number_time_and_source_the_newest_first(mms: Mms, ledger: Ledger) -> None:
    ledger.optouts.put([OptOut(NUMBER, "out", 1_000, "keyword"), OptOut("15165550124", "out", 2_000, "web")])
    assert [(entry["number"], entry["source"]) for entry in mms("optout", "list", "--json").json] == [
        ("15165550124", "web"),
        (NUMBER, "keyword"),
    ]
    assert mms("optout", "list", "--json").json[0]["at"] == "1970-01-01T00:00:02.000Z"
    assert "1970-01-01T00:00:01.000Z" in mms("optout", "list").out


def test_an_export_can_be_imported_again_elsewhere_and_twice(
    mms: Mms, ledger: Ledger, tmp_path: Path
) -> None:
    entries = [OptOut(NUMBER, "out", 1_000, "=SUM(1)"), OptOut("15165550124", "in", 2_000, "operator")]
    ledger.optouts.put(entries)
    file = tmp_path / "list.csv"
    assert mms("optout", "export", "-o", str(file)).status == 0
    ledger.redis.delete("mms:optout")
    assert mms("optout", "import", str(file)).out == "2 read, 1 changed, 0 not usable\n"
    assert sorted(ledger.optouts.all()) == entries
    assert mms("optout", "import", str(file)).out == "2 read, 0 changed, 0 not usable\n"


def test_any_list_with_a_column_of_numbers_will_do(mms: Mms, ledger: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("Name;Phone Number\nAda;(516) 555-0123\nBob;nonsense\n", encoding="utf-16")
    said = mms("optout", "import", str(file))
    assert said.out == "1 read, 1 changed, 1 not usable\n"
    assert "line 3: this is not a US or Canadian number" in said.err
    assert said.status == 1
    assert ledger.optouts.is_out(NUMBER)


def test_a_list_without_numbers_is_refused(mms: Mms, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("name\nAda\n")
    assert mms("optout", "import", str(file)).status == 2


def test_inbound_messages_are_listed_and_those_for_a_person_counted(mms: Mms, ledger: Ledger) -> None:
    doubtful(ledger)
    said = mms("inbound", "list")
    assert "stop by at 5?" in said.out
    assert "1 may be an opt-out" in said.err
    assert mms("inbound", "list", "--doubtful", "--json").json[0]["sid"] == "a1"


def test_a_person_decides_what_was_meant(mms: Mms, ledger: Ledger) -> None:
    doubtful(ledger)
    assert mms("inbound", "decide", "a1", "stop").out == "a1 stop\n"
    assert ledger.optouts.is_out(NUMBER)
    assert mms("inbound", "list", "--doubtful").out == "nothing came in\n"


def test_a_message_that_is_ignored_is_no_opt_out(mms: Mms, ledger: Ledger) -> None:
    doubtful(ledger)
    mms("inbound", "decide", "a1", "ignore")
    assert not ledger.optouts.is_out(NUMBER)
    assert ledger.inbound.review_count() == 0


def test_an_import_tells_what_was_known_and_which_words_nobody_knows(mms: Mms, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("phone,status,date\n5165550123,pending,soon\n5165550124,STOP,\n5165550123,STOP,\n")
    said = mms("optout", "import", str(file))
    assert said.out == "3 read, 2 changed, 0 not usable\n"
    assert "1 of those read were known already" in said.err
    assert "1 line with `pending` counted as opted out" in said.err
    assert "line 2: its date cannot be read" in said.err
