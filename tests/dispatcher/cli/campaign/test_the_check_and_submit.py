"""`mms campaign check` and `submit`: exit statuses, media, the same file, and files that are none."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from dispatcher.cli.main import sentence
from dispatcher.cli.shell.wait import MostlyRefusedError, require_most_arrived
from dispatcher.errors import InputError
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.roster.rejections import refused
from dispatcher.stack.run_directory import Stack, publish
from tests.dispatcher.cli.worker import working
from tests.dispatcher.media.server import MediaServer
from tests.factories import add_campaign
from tests.mms import Mms, Said

GOOD, BAD = "12125550101", "555"
SENDER = ("--from", "15165550199", "--quiet-hours", "off")


@pytest.fixture
def spring(tmp_path: Path) -> Path:
    """A campaign file with a good and an invalid row."""
    path = tmp_path / "spring.csv"
    path.write_text(f"to\n{GOOD}\n{BAD}\n")
    return path


def check(mms: Mms, file: Path, *options: str) -> Said:
    """Check a file with a text."""
    return mms("campaign", "check", str(file), *SENDER, "--message", "Acme: hi. Reply STOP", *options)


def submit(mms: Mms, file: Path, *options: str) -> Said:
    """Submit a file with a text."""
    return mms("campaign", "submit", str(file), *SENDER, "--message", "Acme: hi. Reply STOP", *options)


def test_exit_statuses_of_check(mms: Mms, spring: Path, tmp_path: Path) -> None:
    hopeless = tmp_path / "hopeless.csv"
    hopeless.write_text(f"to\n{BAD}\n")
    assert check(mms, spring).status == 0
    assert check(mms, spring, "--strict").status == 1
    assert check(mms, hopeless).status == 2
    assert check(mms, tmp_path / "nothing.csv").status == 2


def test_the_errors_never_overwrite_the_campaign_file(mms: Mms, spring: Path) -> None:
    before = spring.read_bytes()
    assert check(mms, spring, "--errors", str(spring)).status == 2
    assert spring.read_bytes() == before


def test_what_the_file_says_in_brackets_is_no_style(mms: Mms, tmp_path: Path) -> None:
    file = tmp_path / "spring.csv"
    file.write_text(f"to,[/red]\n{GOOD},[/b]\n{BAD},x\n")
    said = check(mms, file, "--name", "[/i]")
    assert said.status == 0
    assert "[/red]: merge field" in said.out
    assert submit(mms, file, "--name", "[/i]").status == 0
    assert "[/i]" in mms("campaign", "list").out


def test_one_row_is_not_called_rows(mms: Mms, spring: Path) -> None:
    said = check(mms, spring)
    assert "1 row cannot be sent" in said.out
    assert "the first" not in said.out
    assert "1 recipient, 1 segment" in said.out


def test_every_line_of_a_hint_is_indented() -> None:
    assert sentence(InputError("no", hint="either\nor")) == "no\n     either\n     or"


def test_a_refusal_names_its_line_once() -> None:
    assert sentence(refused("nul", line=7)).count("line 7") == 1


def test_media_are_asked_by_check_and_not_again_by_the_submit(
    mms: Mms, spring: Path, media_server: MediaServer
) -> None:
    mms.environment["MMS_MEDIA_ALLOW"] = "127.0.0.1"
    assert submit(mms, spring, "--media", f"{media_server.url}/large").status == 0
    assert media_server.asked == {"HEAD /large": 1}
    warnings = check(mms, spring, "--media", f"{media_server.url}/large", "--json").json["warnings"]
    assert "media_over_600_kb" in {warning["code"] for warning in warnings}


def test_a_private_medium_refuses_the_file_unless_nobody_asks(
    mms: Mms, spring: Path, media_server: MediaServer
) -> None:
    said = check(mms, spring, "--media", f"{media_server.url}/picture")
    assert (said.status, "private network" in said.err) == (2, True)
    assert check(mms, spring, "--media", f"{media_server.url}/picture", "--no-media-check").status == 0
    assert not media_server.asked


def test_a_local_picture_gets_an_address_and_stays_while_the_campaign_does(
    mms: Mms, spring: Path, tmp_path: Path, ledger: Ledger
) -> None:
    picture = tmp_path / "picture.bin"
    picture.write_bytes(b"GIF89a...")
    content_hash = hashlib.sha256(b"GIF89a...").hexdigest()
    mms.environment["MMS_PUBLIC_URL"] = "https://mms.test"
    shown = check(mms, spring, "--media", str(picture), "--json").json["previews"][0]["media"]
    assert shown == [f"https://mms.test/media/{content_hash}"]
    assert ledger.media.find(content_hash) is None
    assert submit(mms, spring, "--media", str(picture)).status == 0
    assert ledger.media.find(content_hash) == ("image/gif", 9)
    assert ledger.redis.pttl(keys.medium(content_hash)) == -1


@pytest.mark.slow
def test_a_local_picture_needs_no_public_address_in_a_simulation_and_does_for_real(
    mms: Mms, spring: Path, tmp_path: Path, ledger: Ledger
) -> None:
    picture = tmp_path / "picture.gif"
    picture.write_bytes(b"GIF89a...")
    mms.environment["MMS_WEB_PORT"] = "18081"
    address = f"http://127.0.0.1:18081/media/{hashlib.sha256(b'GIF89a...').hexdigest()}"
    said = check(mms, spring, "--media", str(picture), "--json")
    assert said.json["previews"][0]["media"] == [address]
    assert submit(mms, spring, "--media", str(picture)).status == 0
    for command in (
        ("campaign", "test", str(spring), "--row", "1"),
        ("message", "send", "--wait-timeout", "0"),
    ):
        sent = mms(*command, "--from", SENDER[1], "--to", GOOD, "--media", str(picture))
        assert "MMS_PUBLIC_URL" not in sent.err
    assert len(ledger.campaigns.list(limit=9)) == 3
    run = tmp_path / "data" / "run"
    run.mkdir(parents=True)
    publish(run, Stack(1, "simulate", "", "http://127.0.0.1:18099", "", True))
    moved = check(mms, spring, "--media", str(picture), "--json").json["previews"][0]["media"]
    assert moved == [address.replace("18081", "18099")], "where the console runs in this folder"
    ledger.redis.hset(keys.STAMP, "mode", "live")
    refused = check(mms, spring, "--media", str(picture))
    assert (refused.status, "MMS_PUBLIC_URL" in refused.err) == (2, True)


def test_a_medium_in_the_settings_file_is_found_beside_it(mms: Mms, spring: Path) -> None:
    mms.environment["MMS_PUBLIC_URL"] = "https://mms.test"
    spring.with_name("card.vcf").write_bytes(b"BEGIN:VCARD\nEND:VCARD\n")
    spring.with_suffix(".toml").write_text('media_urls = ["card.vcf"]\n')
    assert check(mms, spring, "--json").json["previews"][0]["kind"] == "mms"


def test_the_same_file_again_is_refused_with_the_earlier_id(mms: Mms, spring: Path) -> None:
    earlier = submit(mms, spring).out.strip()
    again = submit(mms, spring)
    assert (again.status, earlier in again.err) == (2, True)
    assert submit(mms, spring, "--allow-same-file").status == 0


ELEVEN = ["12125550101", "12125550102", "12125550103", "12125550101", *["555"] * 7]


@pytest.fixture
def eleven(tmp_path: Path) -> Path:
    """Three good rows, one of them twice, and seven bad ones."""
    path = tmp_path / "eleven.csv"
    path.write_text("\n".join(["to", *ELEVEN]) + "\n")
    return path


def test_a_submit_says_how_many_rows_do_not_go_and_prints_the_id_alone(mms: Mms, eleven: Path) -> None:
    said = submit(mms, eleven)
    assert said.status == 0
    assert "3 of 11 go; 7 invalid, 1 duplicate\n" in said.err
    assert len(said.out.split()) == 1
    checked = submit(mms, eleven, "--allow-same-file", "--json").json["checked"]
    assert checked == {
        "rows": 11,
        "sendable": 3,
        "invalid": 7,
        "duplicates": 1,
        "opted_out": 0,
        "no_consent": 0,
    }
    assert "3 of 11 go" in submit(mms, eleven, "--every", "mon 09:00 America/New_York").err


@pytest.mark.slow
def test_when_all_rows_go_a_submit_says_that_too(mms: Mms, tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    file.write_text(f"to\n{GOOD}\n12125550102\n")
    assert "all 2 go\n" in submit(mms, file).err


@pytest.mark.slow
def test_waiting_for_a_campaign_of_which_most_did_not_go_ends_with_1(
    mms: Mms, runtime: Runtime, eleven: Path, spring: Path
) -> None:
    with working(runtime):
        said = submit(mms, eleven, "--wait=completed")
        assert said.status == 1
        assert "of 10 rows 7 invalid" in said.err
        half = submit(mms, spring, "--wait=completed")
    assert half.status == 0, "half of it is not most of it"


@pytest.mark.parametrize(
    ("counts", "most"),
    [
        ({"delivered": 5, "rejected": 6}, True),
        ({"delivered": 5, "rejected": 3, "failed": 2}, False),
        ({"sent": 5, "rejected": 2, "failed": 2, "invalid": 2}, True),
        ({"delivered": 1, "skipped": 90, "failed": 1}, False),
        ({}, False),
    ],
)
def test_most_is_more_than_half_of_what_could_have_gone(
    ledger: Ledger, counts: dict[str, int], most: bool
) -> None:
    campaign = ledger.campaign(add_campaign(ledger))
    full = {state: counts.get(state.value, 0) for state in RecipientState}
    campaign = campaign.model_copy(update={"counts": full})
    if most:
        with pytest.raises(MostlyRefusedError):
            require_most_arrived(campaign)
    else:
        require_most_arrived(campaign)
