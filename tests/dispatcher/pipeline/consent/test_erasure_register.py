"""Who was erased is remembered without their number, and is erased again when an older copy knows them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from dispatcher.errors import InputError
from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.consent.erasure_register import ErasureRegister, erase_again, remember_erasure
from dispatcher.settings import load_settings
from tests.factories import CAMPAIGN, add_campaign, make_batch, number_of


def test_the_file_names_nobody_and_knows_whom_it_is_asked_for(tmp_path: Path) -> None:
    register = ErasureRegister(tmp_path / "data")
    register.add("12125550101", 5_000, keep_after_ms=0)
    register.add("12125550102", 9_000, keep_after_ms=0)
    file = tmp_path / "data" / "erased"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "555" not in file.read_text()
    erased = register.since(6_000)
    assert "12125550102" in erased
    assert "12125550101" not in erased
    assert "12125550101" in register.since(0)
    register.add("12125550103", 20_000, keep_after_ms=8_000)
    assert len(file.read_text().splitlines()) == 1 + 2
    assert "12125550101" not in register.since(0)


def test_two_folders_have_other_digests_of_the_same_number(tmp_path: Path) -> None:
    for name in ("one", "other"):
        ErasureRegister(tmp_path / name).add("12125550101", 1, keep_after_ms=0)
    one, other = ((tmp_path / name / "erased").read_text().splitlines() for name in ("one", "other"))
    assert one[1] != other[1]


def test_whoever_was_erased_since_the_copy_is_erased_again_and_nobody_else(
    ledger: Ledger, tmp_path: Path
) -> None:
    config = load_settings(data_dir=tmp_path / "data", simulate=True)
    add_campaign(ledger, make_batch(1, 1, 1))
    now_ms = ledger.agenda.now_ms()
    wrote = Inbound("sid", now_ms, "12125559999", "15162065575", "who is this", (), "other")
    ledger.inbound.keep(b"0-0", wrote, needs_review=False, follows=False)
    assert erase_again(ledger, config, 0) == 0
    ErasureRegister(config.data_dir).add(number_of(1), now_ms - 3_600_000, keep_after_ms=0)
    for number in (number_of(2), "12125559999", "12125550000"):
        remember_erasure(ledger, number, config)
    assert erase_again(ledger, config, now_ms) == 2
    content = ledger.batches.content(CAMPAIGN, 0)
    assert content is not None
    assert [row.number for row in content.rows] == [number_of(1), "", number_of(3)]
    assert ledger.inbound.of_number("12125559999") == []
    assert erase_again(ledger, config, now_ms) == 0


def test_a_folder_that_takes_no_file_is_told_of(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "data" / "erased").mkdir(parents=True)
    with pytest.raises(InputError, match="cannot be written") as refused:
        remember_erasure(ledger, "12125550101", load_settings(data_dir=tmp_path / "data", simulate=True))
    assert "put back" in refused.value.hint
