"""A refused token stops everything; another one in the token file resumes it, in the same process."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from dispatcher.host.private_files import write_private
from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.runtime.credentials import TokenInUse, token_file, token_of
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.settings import load_settings
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.stack.environment import service_environment
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.pipeline.sending.timed_sending import Clock, until_nothing_is_due
from tests.factories import (
    CAMPAIGN,
    START_MS,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    recount,
    states,
    take,
)
from tests.mms import Mms


def test_a_refused_token_stops_all_and_a_new_one_resumes_in_the_same_process(
    make_runtime: MakeRuntime, timed_ledger: Ledger, simulator: SimulatorHandle
) -> None:
    clock = Clock(timed_ledger)
    parts = {"api": None, "ledger": timed_ledger, "clock_ms": clock}
    runtime = make_runtime(simulate=False, carrierx_token="revoked", in_flight=4, parts=parts)
    runtime = replace(runtime, token=TokenInUse(runtime.settings))
    add_campaign(timed_ledger, make_batch(*[1] * 30))
    assert send_batch(runtime, CAMPAIGN, 0).endswith("brake")
    assert set(states(timed_ledger)) == {"pending"}
    refused = simulator.received().answers["401"]
    assert refused <= 8
    clock.advance(61_000)
    assert send_batch(runtime, CAMPAIGN, 0) == "brake"
    assert simulator.received().answers["401"] == refused
    assert "refuses the token" in (timed_ledger.campaign(CAMPAIGN).reason or "")
    write_private(token_file(runtime.settings), f"{simulator.token}\n")
    until_nothing_is_due(runtime, clock)
    assert set(states(timed_ledger)) == {"queued"}
    received = simulator.received()
    assert (received.taken, received.repeated, received.answers["401"]) == (30, [], refused)
    assert timed_ledger.campaign(CAMPAIGN).reason is None
    recount(timed_ledger)


def test_a_token_that_was_refused_before_stays_stopped_when_another_is_refused_too(
    timed_ledger: Ledger,
) -> None:
    Clock(timed_ledger)
    add_campaign(timed_ledger)
    taken = take(timed_ledger)
    for fingerprint in ("first", "second"):
        timed_ledger.agenda.brake("refused", fingerprint, START_MS)
    words = [
        claim(timed_ledger, taken.hold, make_claim(taken), now_ms=START_MS, fingerprint=fingerprint).word
        for fingerprint in ("first", "second", "third", "first")
    ]
    assert words == ["brake", "brake", "go", "go"]  # the last is the same claim again
    other = make_claim(taken, 1)
    assert claim(timed_ledger, taken.hold, other, now_ms=START_MS, fingerprint="first").word == "brake"


def test_the_files_are_looked_at_once_a_second_at_most(tmp_path: Path) -> None:
    now = 0.0
    settings = load_settings(simulate=False, data_dir=tmp_path, carrierx_token="first")
    token = TokenInUse(settings, stopwatch=lambda: now)

    def in_use() -> str:
        access = token.access()
        assert access is not None
        return access.token

    write_private(token_file(settings), "second\n")
    now = 0.9
    assert in_use() == "first"
    now = 1.0
    assert in_use() == "second"
    write_private(token_file(settings), "third\n")
    token.look_again()
    assert in_use() == "third"


def test_a_new_token_in_mms_toml_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MMS_CARRIERX_TOKEN", raising=False)
    toml = tmp_path / "mms.toml"
    toml.write_text('carrierx_token = "first"\n')
    token = TokenInUse(load_settings(simulate=False, data_dir=tmp_path))
    toml.write_text('carrierx_token = "second"\n')
    token.look_again()
    toml.write_text("carrierx_token = \n")
    token.look_again()
    access = token.access()
    assert access is not None
    assert access.token == "second"
    assert "second" not in repr(access)


def test_a_new_token_in_the_file_of_its_variable_is_seen_however_the_platform_puts_it_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kubernetes mounts a link to a link to a folder, and swaps the latter for another in one step."""
    for version in ("first", "second"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "token").write_text(f"{version}\n")
    (tmp_path / "now").symlink_to("first")
    (tmp_path / "token").symlink_to("now/token")
    monkeypatch.delenv("MMS_CARRIERX_TOKEN", raising=False)
    monkeypatch.setenv("MMS_CARRIERX_TOKEN_FILE", str(tmp_path / "token"))
    now = 0.0
    token = TokenInUse(load_settings(simulate=False, data_dir=tmp_path), stopwatch=lambda: now)

    def in_use() -> str:
        access = token.access()
        assert access is not None
        return access.token

    (tmp_path / "now").unlink()
    now = 1.0
    assert in_use() == "first"
    (tmp_path / "now").symlink_to("second")
    now = 1.9
    assert in_use() == "first"
    now = 2.0
    assert in_use() == "second"


def test_the_command_writes_the_token_for_its_owner_only_and_it_goes_before_the_environment(
    tmp_path: Path, valkey_url: str
) -> None:
    mms = Mms(MMS_DATA_DIR=str(tmp_path), MMS_CARRIERX_TOKEN="old", MMS_REDIS_URL=valkey_url)
    said = mms("token", "carrierx", stdin="new-one\n")
    assert said.status == 0
    assert "new-one" not in said.out + said.err
    settings = load_settings(data_dir=tmp_path, carrierx_token="old")
    assert os.stat(token_file(settings)).st_mode & 0o777 == 0o600
    assert token_of(settings) == "new-one"
    assert token_of(settings.model_copy(update={"simulate": True})) == "old"
    assert mms("token", "carrierx", stdin="two words\n").status == 2


def test_a_live_token_of_the_settings_is_not_pinned_into_the_children() -> None:
    live = load_settings(simulate=False, carrierx_token="of the file")
    assert "MMS_CARRIERX_TOKEN" not in service_environment(live, "redis://", {})
    simulated = live.model_copy(update={"simulate": True})
    assert service_environment(simulated, "redis://", {})["MMS_CARRIERX_TOKEN"] == "of the file"


def test_what_a_start_decided_has_no_second_word_in_a_file_of_the_callers() -> None:
    decided = service_environment(
        load_settings(), "redis://decided", {"MMS_REDIS_URL_FILE": "/a", "MMS_SECRET_FILE": "/b"}
    )
    assert decided["MMS_REDIS_URL"] == "redis://decided"
    assert "MMS_REDIS_URL_FILE" not in decided
    assert decided["MMS_SECRET_FILE"] == "/b"
