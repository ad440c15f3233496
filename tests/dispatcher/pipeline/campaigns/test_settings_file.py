"""Settings from options and from the settings file beside the campaign file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dispatcher.errors import InputError
from dispatcher.pipeline.campaigns.settings_file import load_settings_file, resolve_settings


def settings_file(folder: Path, text: str, name: str = "spring.csv") -> dict[str, Any]:
    (folder / "spring.toml").write_text(text, "utf-8")
    return load_settings_file(folder / name)


def refusal(options: dict[str, Any], beside: dict[str, Any] | None = None) -> InputError:
    with pytest.raises(InputError) as error:
        resolve_settings(options, beside or {})
    return error.value


def test_a_file_without_settings_beside_it_has_none(tmp_path: Path) -> None:
    assert load_settings_file(tmp_path / "spring.csv") == {}


@pytest.mark.parametrize(
    "name", ["spring.csv", "spring.csv.gz", "spring.csv.zip", "spring.zip", "spring.ods"]
)
def test_the_settings_have_the_name_of_the_file(tmp_path: Path, name: str) -> None:
    assert settings_file(tmp_path, 'message = "Hi"', name) == {"message": "Hi"}


def test_an_unknown_key_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'quiethours' is no setting; did you mean 'quiet_hours'\?"):
        settings_file(tmp_path, 'quiethours = "off"')


def test_a_file_that_is_not_toml_is_an_error_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"spring\.toml cannot be read.*line 2"):
        settings_file(tmp_path, 'name = "x"\nmessage = \n')


def test_senders_are_written_in_any_way_and_kept_as_eleven_digits() -> None:
    settings, _ = resolve_settings({}, {"from": ["+1 (516) 206-5575", "516.206.5574", "15162065575"]})
    assert settings.senders == ("15162065575", "15162065574")
    settings, _ = resolve_settings({}, {"from": 15162065575})
    assert settings.senders == ("15162065575",)


def test_an_option_outranks_the_file_and_is_fixed() -> None:
    settings, fixed = resolve_settings(
        {"from": ["5162065575"], "message": "A", "rate": None, "media_urls": []},
        {"message": "B", "rate": 20, "media_urls": "https://example.com/a.jpg"},
    )
    assert (settings.message, settings.rate) == ("A", "20")
    assert settings.media_urls == ("https://example.com/a.jpg",)
    assert fixed == {"senders", "message"}


def test_one_way_of_grouping_given_as_an_option_replaces_the_other() -> None:
    settings, _ = resolve_settings({"group_size": 4}, {"group_by": "household"})
    assert (settings.group_size, settings.group_by) == (4, None)
    assert "exclude each other" in refusal({}, {"group_by": "household", "group_size": 4}).message


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"from": "12345"}, "from: a sender is not"),
        ({"rate": "fast"}, "rate: 'fast' is not a rate"),
        ({"media_urls": ["picture.jpg"]}, "media must be an http(s) URL"),
        ({"media_urls": [f"https://example.com/{i}" for i in range(11)]}, "at most 10"),
        ({"quiet_hours": "sometimes"}, "quiet_hours: input should be 'off', 'federal' or 'us-strict'"),
        ({"group_size": 12}, "group_size: input should be less than or equal to 9"),
        ({"strict": "perhaps"}, "strict: "),
        ({"mesage": "Hi"}, "'mesage' is no setting; did you mean 'message'?"),
        ({"from": "15162065575", "senders": "15162065575"}, "are the same setting"),
        ({"media_urls": [{"a": 1}]}, "media_urls: must be a text or a list of texts"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(given: dict[str, Any], says: str) -> None:
    assert says in refusal({}, given).message
    assert "pydantic" not in str(refusal({}, given))


def test_a_sender_that_is_refused_is_not_repeated() -> None:
    assert "5162" not in refusal({"from": ["5162"]}).message
