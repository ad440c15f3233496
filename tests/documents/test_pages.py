"""What the pages under docs/ show, tried: commands on a ledger, a campaign file, settings, a piece of Python."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import redis as redis_py

from dispatcher.carrierx.client import CarrierX
from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.settings import load_settings
from dispatcher.simulator.faults import Faults
from dispatcher.simulator.launch import running_simulator
from tests.documents.shown import TOP, blocks, commands
from tests.factories import CAMPAIGN, add_campaign, claim, make_batch, make_claim, make_record, record, take
from tests.mms import Mms

OPERATIONS = TOP / "docs" / "operations.md"
CAMPAIGN_FILES = TOP / "docs" / "campaign-files.md"


@pytest.fixture
def mms(redis: redis_py.Redis, valkey_url: str, tmp_path: Path) -> Mms:
    """Commands on a simulated ledger."""
    prepare(redis, load_settings(redis_url=valkey_url, data_dir=tmp_path / "data", simulate=True))
    return Mms(MMS_REDIS_URL=valkey_url, MMS_DATA_DIR=str(tmp_path / "data"), COLUMNS="200")


@pytest.fixture
def campaign(ledger: Ledger) -> str:
    """A campaign with a rejected message in row 1 and one in row 17 that nobody knows of."""
    add_campaign(ledger, make_batch(*[1] * 20))
    taken, now_ms = take(ledger), ledger.agenda.now_ms()
    for message, outcome in ((0, "rejected"), (16, "unconfirmed")):
        asked = make_claim(taken, message)
        claim(ledger, taken.hold, asked, now_ms=now_ms)
        record(ledger, taken.hold, make_record(asked, outcome))
    return CAMPAIGN


@pytest.mark.slow
def test_every_command_of_the_operations_page_works(mms: Mms, campaign: str) -> None:
    token, said = "", []
    for line in commands(blocks(OPERATIONS)):
        program, *arguments = shlex.split(line)
        assert program == "mms"
        mine = token if arguments[0] == "token" else campaign
        answer = mms(*(re.sub(r"\bID\b", mine, argument) for argument in arguments))
        assert answer.status == 0, f"{line}\n{answer.out}{answer.err}"
        said.append(answer.out)
        if arguments[:2] == ["token", "list"]:
            (token,) = re.findall(r"^.*?(\w+).*\bann\b", answer.out, re.MULTILINE)
    assert len(said) > 10


def test_the_campaign_file_and_the_settings_file_of_their_page_go_together(mms: Mms, tmp_path: Path) -> None:
    shown = {block.language: "\n".join(block.lines) + "\n" for block in blocks(CAMPAIGN_FILES)}
    (tmp_path / "spring.csv").write_text(shown["csv"])
    (tmp_path / "spring.toml").write_text(shown["toml"])
    answer = mms("campaign", "check", str(tmp_path / "spring.csv"), "--json")
    assert answer.status == 0
    assert (answer.json["rows"], answer.json["sendable"]) == (2, 2)
    assert "hi there, see you at Old Mill" in answer.out
    (tmp_path / "spring.csv.mends.json").write_text(shown["json"])
    mended = mms("campaign", "check", str(tmp_path / "spring.csv"), "--json")
    assert (mended.json["mended"], mended.json["sendable"]) == (2, 2)
    assert "hi Ben, see you at Old Mill" in mended.out


def test_the_python_of_the_carrierx_page_runs() -> None:
    (block,) = blocks(TOP / "docs" / "carrierx.md")
    names = {"CarrierX": CarrierX, "Faults": Faults, "running_simulator": running_simulator}
    exec("\n".join(block.lines), {**names, "url": "http://127.0.0.1:9/none"})  # noqa: S102  our own page
