from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatcher.errors import StoreUnavailable
from dispatcher.web.callbacks._spool import Spool
from dispatcher.web.callbacks._spool_file import Spooled

BODIES = [Spooled(b'{"n": %d}' % number, 1_800_000_000_000 + number) for number in range(5)]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """An empty spool with room for a kilobyte."""
    spool = Spool(tmp_path, "a", 1024)
    yield spool
    spool.close()


def left_behind(folder: Path, place: str, records: list[Spooled]) -> Path:
    """The file of a receiver that was killed: no lock, but what it wrote."""
    spool = Spool(folder, place, 1 << 20)
    spool.append(records)
    spool.close()
    path = folder / f"{spool.name}.spool"
    if records:
        long_ago(path)
    return path


def long_ago(path: Path) -> None:
    """It was written last a while ago."""
    os.utime(path, (1_000_000_000, 1_000_000_000))


def test_callbacks_come_out_in_the_order_they_went_in(spool: Spool) -> None:
    spool.append(BODIES[:2])
    spool.append(BODIES[2:])
    assert spool.peek(3).records == BODIES[:3]
    spool.drop()
    assert spool.peek(3).records == BODIES[3:]


def test_what_was_not_dropped_comes_again(spool: Spool) -> None:
    spool.append(BODIES)
    assert spool.peek(2).records == spool.peek(2).records == BODIES[:2]


def test_a_spool_is_empty_when_the_last_one_is_dropped(spool: Spool, tmp_path: Path) -> None:
    assert spool.is_empty
    spool.append(BODIES)
    spool.peek(5)
    assert not spool.is_empty
    spool.drop()
    assert spool.is_empty
    assert (tmp_path / f"{spool.name}.spool").stat().st_size == 0


def test_a_full_spool_takes_nothing_until_it_is_drained(spool: Spool) -> None:
    large = Spooled(b"x" * 600, 0)
    spool.append([large])
    with pytest.raises(StoreUnavailable, match="full"):
        spool.append([large])
    assert spool.peek(9).records == [large]
    spool.drop()
    spool.append([large])


def test_a_killed_receivers_spool_is_read_by_the_next(tmp_path: Path) -> None:
    left_behind(tmp_path, "a", BODIES)
    spool = Spool(tmp_path, "a", 1 << 20)
    assert spool.peek(9).records == BODIES
    spool.close()


@pytest.mark.parametrize("torn", range(1, 30))
def test_what_an_interrupted_write_left_is_cut_off(tmp_path: Path, torn: int) -> None:
    path = left_behind(tmp_path, "a", BODIES)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - torn)
    spool = Spool(tmp_path, "a", 1 << 20)
    kept = spool.peek(9).records
    assert kept == BODIES[: len(kept)]
    assert len(kept) == (4 if torn <= 24 else 3)
    spool.append([BODIES[0]])
    assert spool.peek(9).records == [*kept, BODIES[0]]
    spool.close()


@pytest.mark.parametrize("garbage", [b"\0" * 40, b"\xff" * 40, b"x"])
def test_garbage_at_the_end_is_cut_off(tmp_path: Path, garbage: bytes) -> None:
    path = left_behind(tmp_path, "a", BODIES)
    with path.open("ab") as file:
        file.write(garbage)
    spool = Spool(tmp_path, "a", 1 << 20)
    assert spool.peek(9).records == BODIES
    spool.close()


def test_the_spool_of_a_dead_receiver_of_another_name_is_taken_over(tmp_path: Path) -> None:
    other = left_behind(tmp_path, "b", BODIES)
    spool = Spool(tmp_path, "a", 1 << 20)
    assert spool.peek(9).records == BODIES
    spool.drop()
    assert spool.is_empty
    assert not other.exists()
    spool.close()


def test_who_is_killed_has_its_name_again_and_two_of_one_place_have_two(tmp_path: Path) -> None:
    killed = left_behind(tmp_path, "a-8080", BODIES)
    left_behind(tmp_path, "a-80", BODIES)
    spools = [Spool(tmp_path, "a-8080", 1 << 20), Spool(tmp_path, "a-8080", 1 << 20)]
    assert spools[0].name == killed.stem
    assert spools[1].name != killed.stem
    for spool in spools:
        assert spool.name.startswith("a-8080-")
        spool.close()


def test_whose_file_came_to_its_end_here_is_known_to_be_gone(tmp_path: Path) -> None:
    idle, busy = left_behind(tmp_path, "idle", []), left_behind(tmp_path, "busy", BODIES)
    idle.touch()
    long_ago(idle)
    spool = Spool(tmp_path, "a", 1 << 20)
    assert spool.gone == {idle.stem}
    spool.peek(9)
    assert busy.stem not in spool.gone
    spool.drop()
    assert spool.gone == {idle.stem, busy.stem}
    spool.close()


def test_a_file_of_a_lost_machine_is_brought_in_where_it_is_put(tmp_path: Path) -> None:
    lost = left_behind(tmp_path / "lost", "web1-8080", BODIES)
    spool = Spool(tmp_path / "spool", "web2-8080", 1 << 20)
    brought = Path(shutil.copy(lost, tmp_path / "spool" / lost.name))
    assert not spool.adopt(), "it may not be whole yet"
    long_ago(brought)
    assert spool.adopt()
    assert spool.peek(9).records == BODIES
    spool.drop()
    assert spool.gone == {lost.stem}
    spool.close()


def test_the_spool_of_a_living_receiver_is_left_alone(spool: Spool, tmp_path: Path) -> None:
    spool.append(BODIES)
    other = Spool(tmp_path, "b", 1 << 20)
    same_name = Spool(tmp_path, "a", 1 << 20)
    assert other.is_empty
    assert same_name.is_empty
    assert spool.peek(9).records == BODIES
    other.close()
    same_name.close()


def test_a_receiver_that_closes_in_order_leaves_no_file(tmp_path: Path) -> None:
    Spool(tmp_path, "a", 1024).close()
    assert list(tmp_path.iterdir()) == []
