"""The history of three servers: the line of the last primary's data, and nothing that was lost."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.chaos.test_append_only import words
from tests.cluster.lineage import Command, TornError, lineage


def said(name: str, count: int = 20) -> list[Command]:
    """Commands that no other server has."""
    return [[b"SET", b"kit:mark", f"{name}-{number}-{uuid.uuid4()}".encode()] for number in range(count)]


class Site:
    """Three servers' folders, into which files are written by hand."""

    def __init__(self, folder: Path) -> None:
        self.folders = {host: folder / host for host in ("v1", "v2", "v3")}

    def wrote(self, host: str, number: int, commands: list[Command], *, fresh: bool = False) -> None:
        """A file of a server; unless it is `fresh`, with data that it had from another."""
        folder = self.folders[host] / "appendonlydir"
        folder.mkdir(parents=True, exist_ok=True)
        data = b"".join(words(*command) for command in ([b"SELECT", b"0"], *commands))
        (folder / f"appendonly.aof.{number}.incr.aof").write_bytes(data)
        base = b"" if fresh else words(b"SET", b"something", b"earlier")
        (folder / f"appendonly.aof.{number}.base.aof").write_bytes(base)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Three servers."""
    return Site(tmp_path)


def test_a_primary_that_was_there_from_the_start_has_it_all(site: Site) -> None:
    all_ = said("first")
    site.wrote("v1", 1, all_, fresh=True)
    site.wrote("v2", 2, all_, fresh=True)
    assert lineage(site.folders, "v1") == all_


def test_what_an_old_primary_wrote_alone_is_not_in_the_line_of_the_new_one(site: Site) -> None:
    shared, lost, later, last = said("shared"), said("lost"), said("later"), said("last")
    site.wrote("v1", 1, [*shared, *lost], fresh=True)
    site.wrote("v1", 2, [*later[5:], *last])  # it follows the new primary, with that one's data
    site.wrote("v2", 2, [*shared, *later], fresh=True)
    site.wrote("v3", 2, [*shared, *later, *last], fresh=True)
    for host in ("v1", "v3"):  # whichever of them is the primary in the end
        assert lineage(site.folders, host) == [*shared, *later, *last]


def test_a_line_goes_through_all_three_when_each_was_new_once(site: Site) -> None:
    first, second, third = said("first"), said("second"), said("third")
    site.wrote("v1", 1, first, fresh=True)
    site.wrote("v2", 3, [*first[10:], *second])
    site.wrote("v3", 5, [*second[10:], *third])
    assert lineage(site.folders, "v3") == [*first, *second, *third]


def test_a_server_that_died_within_the_first_words_still_leads_back(site: Site) -> None:
    first, rest = said("first"), said("rest")
    site.wrote("v1", 1, first, fresh=True)
    site.wrote("v2", 2, [*first[-3:], *rest])
    assert lineage(site.folders, "v2") == [*first, *rest]


def test_a_part_that_is_missing_is_told(site: Site) -> None:
    site.wrote("v1", 1, said("first"), fresh=True)
    site.wrote("v2", 2, said("second"))
    with pytest.raises(TornError, match="v2:2"):
        lineage(site.folders, "v2")
