"""Every file of the corpus is read, or refused, as its line in `expectations.json` says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dispatcher.errors import FileRefused
from dispatcher.model.recipient import Recipient
from tests.dispatcher.roster.reading import open_roster

CORPUS = Path(__file__).parents[2] / "data" / "roster"
EXPECTATIONS: dict[str, dict[str, Any]] = json.loads((CORPUS / "expectations.json").read_text("utf-8"))
SETTINGS = {"message": "Hi {{first_name|there}}", "fictional_ok": True}


def options(expected: dict[str, Any]) -> dict[str, Any]:
    return {name: expected.get(name, default) for name, default in SETTINGS.items()}


def names(*, refused: bool) -> list[str]:
    return [name for name, expected in EXPECTATIONS.items() if ("refused" in expected) is refused]


def test_the_corpus_has_at_least_sixty_files_and_each_has_its_expectation() -> None:
    files = {path.name for path in CORPUS.iterdir()} - {"expectations.json"}
    assert files == set(EXPECTATIONS)
    assert len(files) >= 60


@pytest.mark.parametrize("name", names(refused=False))
def test_a_file_is_read_as_expected(name: str) -> None:
    expected = EXPECTATIONS[name]
    roster = open_roster((CORPUS / name).read_bytes(), **options(expected))
    rows = list(roster)
    recipients = [row for row in rows if isinstance(row, Recipient)]
    seen = {
        "numbers": [recipient.number for recipient in recipients],
        "rejected": [[row.line, row.code] for row in rows if not isinstance(row, Recipient)],
        "texts": [recipient.text for recipient in recipients],
        "lines": [recipient.line for recipient in recipients],
        "senders": [recipient.sender for recipient in recipients],
        "zones": [recipient.timezone for recipient in recipients],
        "media": [len(recipient.media) for recipient in recipients],
        "form": roster.form,
        "columns": list(roster.column_names),
    }
    asked = expected.keys() & seen.keys()
    assert {key: seen[key] for key in asked} == {key: expected[key] for key in asked}
    assert [row.row for row in rows] == list(range(1, len(rows) + 1))


@pytest.mark.parametrize("name", names(refused=True))
def test_a_file_is_refused_with_its_code_line_and_advice(name: str) -> None:
    expected = EXPECTATIONS[name]
    with pytest.raises(FileRefused) as refusal:
        list(open_roster((CORPUS / name).read_bytes(), **options(expected)))
    assert (refusal.value.code, refusal.value.line) == (expected["refused"], expected["line"])
    assert expected.get("says", "") in refusal.value.message
    assert refusal.value.hint
