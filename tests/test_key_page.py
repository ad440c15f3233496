"""The page of all keys names what there is: the constants beside it, and whatever a script writes."""

from __future__ import annotations

import re

import pytest

from dispatcher.ledger.store import keys
from tests.key_page import names, rows, strangers
from tests.lua import PRELUDES, SCRIPTS


def test_every_key_has_a_type_and_an_end() -> None:
    assert len(rows()) > 80
    for cells in rows():
        assert len(cells) == 4, cells
        assert set(cells[1].split(", ")) <= {"string", "hash", "set", "zset", "list", "stream"}, cells
        assert cells[3], cells


@pytest.mark.parametrize(
    ("key", "known"),
    [
        (b"mms:c:spring-abc234", True),
        (b"mms:c:spring-abc234:b:12", True),
        (b"mms:c:spring-abc234:pace:now", True),
        (b"mms:fair:sender:12125550100:urgent", True),
        (b"mms:c:spring-abc234:forgotten-key", False),
        (b"mms:c:spring-abc234:b:x", False),
        (b"mms:nowhere", False),
    ],
)
def test_a_key_that_is_not_on_the_page_is_seen(key: bytes, known: bool) -> None:
    assert strangers([key]) == ([] if known else [key.decode()])


def test_every_key_that_code_names_is_on_the_page() -> None:
    constants = {value for name, value in vars(keys).items() if name.isupper() and isinstance(value, str)}
    scripts = [file.read_text("utf-8") for file in (*SCRIPTS.values(), *PRELUDES.values())]
    written = {name for text in scripts for name in re.findall(r"'(mms:[a-z:-]+)'", text)}
    beginnings = {re.sub(r"\{.*", "", name) for name in names()}
    named = {name for name in constants if name.startswith("mms:")} | written
    assert strangers(name.encode() for name in named - beginnings) == []
