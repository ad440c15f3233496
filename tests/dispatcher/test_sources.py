"""Settings are read where they are written: variables before the file, and an empty variable says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.errors import ConfigError
from dispatcher.settings import Settings, load_settings
from dispatcher.sources import in_environment, written


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the process stands."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_given_goes_before_a_variable_and_that_before_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "mms.toml").write_text('account_rate = "1/s"\nsender_rate = "2/s"\npoll_rate = "3/s"\n')
    monkeypatch.setenv("MMS_SENDER_RATE", "20/s")
    monkeypatch.setenv("MMS_POLL_RATE", "30/s")
    read = load_settings(poll_rate="300/s")
    assert (read.account_rate, read.sender_rate, read.poll_rate) == ("1/s", "20/s", "300/s")


def test_an_empty_variable_says_nothing_but_for_the_answers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "mms.toml").write_text('web_port = 81\nstop_answer = "x"\n')
    for name in ("MMS_WEB_PORT", "MMS_STOP_ANSWER", "MMS_REDIS_URL"):
        monkeypatch.setenv(name, "")
    read = Settings()
    assert (read.web_port, read.stop_answer, read.redis_url) == (81, "", None)


def test_a_variables_letters_may_be_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("mms_web_port", "82")
    assert in_environment()["web_port"] == "82"
    assert Settings().web_port == 82


def test_without_file_and_variables_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in in_environment():
        monkeypatch.delenv(f"MMS_{name.upper()}")
    assert written() == {}


@pytest.mark.parametrize("text", [b"web_port =", b"\xff"])
def test_a_file_that_is_no_toml_is_named(folder: Path, text: bytes) -> None:
    (folder / "mms.toml").write_bytes(text)
    with pytest.raises(ConfigError, match=r"^mms\.toml cannot be read"):
        load_settings()


def test_what_a_variable_says_is_judged_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMS_WORKERS", "a-secret")
    with pytest.raises(ConfigError, match=r"^MMS_WORKERS: ") as met:
        load_settings()
    assert "a-secret" not in met.value.message
