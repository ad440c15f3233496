"""Settings are read where they are written: variables before the file, and an empty variable says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.errors import ConfigError
from dispatcher.settings import Settings, load_settings
from dispatcher.sources import file_of, in_environment, written


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


def test_a_variable_of_a_file_gives_what_stands_in_it_without_the_lines_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "mms.toml").write_text('secret = "of the toml"\n')
    (folder / "key").write_bytes(b" a secret \r\n")
    monkeypatch.setenv("MMS_SECRET_FILE", str(folder / "key"))
    secret = load_settings().secret
    assert secret is not None
    assert secret.get_secret_value() == " a secret "
    assert file_of("secret") == folder / "key"
    assert file_of("callback_key") is None


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_may_stand_in_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (folder / "value").write_text("a value\n")
    monkeypatch.delenv(f"MMS_{name.upper()}", raising=False)
    monkeypatch.setenv(f"MMS_{name.upper()}_FILE", str(folder / "value"))
    assert written()[name] == "a value"


def test_a_variable_and_its_file_are_not_both_set(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "token").write_text("one\n")
    monkeypatch.setenv("MMS_CARRIERX_TOKEN_FILE", str(folder / "token"))
    monkeypatch.setenv("MMS_CARRIERX_TOKEN", "another")
    with pytest.raises(ConfigError) as met:
        load_settings()
    assert met.value.message == "MMS_CARRIERX_TOKEN and MMS_CARRIERX_TOKEN_FILE are both set"


@pytest.mark.parametrize("name", ["CARRIERX_TOKEN", "STOP_ANSWER"])
def test_an_empty_variable_leaves_the_word_to_its_file_and_an_empty_files_variable_to_the_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (folder / "value").write_text("one\n")
    monkeypatch.setenv(f"MMS_{name}", "")
    monkeypatch.setenv(f"MMS_{name}_FILE", str(folder / "value"))
    assert in_environment()[name.lower()] == "one"
    monkeypatch.setenv(f"MMS_{name}", "another")
    monkeypatch.setenv(f"MMS_{name}_FILE", "")
    assert in_environment()[name.lower()] == "another"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"a-secret\xff", "is no text in UTF-8"),
    ],
)
def test_a_file_that_gives_no_value_is_named_with_its_variable(
    folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, sentence: str
) -> None:
    file = folder / "address"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("MMS_REDIS_URL_FILE", str(file))
    with pytest.raises(ConfigError) as met:
        load_settings()
    assert met.value.message == f"MMS_REDIS_URL_FILE: {file} {sentence}"


def test_a_value_out_of_a_file_is_judged_and_not_repeated(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "address").write_text("a-secret\n")
    monkeypatch.delenv("MMS_REDIS_URL", raising=False)
    monkeypatch.setenv("MMS_REDIS_URL_FILE", str(folder / "address"))
    with pytest.raises(ConfigError, match=r"^MMS_REDIS_URL: ") as met:
        load_settings()
    assert "a-secret" not in met.value.message
