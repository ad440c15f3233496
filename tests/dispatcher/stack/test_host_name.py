"""What a host is called in the names of its workers, and that health checks find them."""

from __future__ import annotations

import socket
from pathlib import Path

from dispatcher.ledger.ledger import Ledger
from dispatcher.settings import Settings, load_settings
from dispatcher.stack._host_name import take_host_name
from dispatcher.stack.healthcheck import _host
from dispatcher.stack.roles import CONTROL, WEB, Role, work_role
from dispatcher.stack.run_directory import only_one

OWN = socket.gethostname()
WORK = work_role(["send", "ingest"])


def named(ledger: Ledger, role: Role, folder: Path) -> str:
    """What this part in this folder is called."""
    settings = load_settings(data_dir=folder)
    with only_one(folder, role):
        return take_host_name(ledger, role, settings)


def found(folder: Path, queue: str) -> str:
    """Where a health check of that folder looks for the worker."""
    return _host(queue, Settings(data_dir=folder).model_dump())


def test_parts_of_one_host_with_different_queues_are_called_by_its_name(
    ledger: Ledger, tmp_path: Path
) -> None:
    assert [named(ledger, role, tmp_path) for role in (WORK, CONTROL, WEB)] == [OWN] * 3
    assert [found(tmp_path, queue) for queue in ("send", "look")] == [OWN] * 2


def test_the_same_queue_in_another_folder_or_on_a_host_of_the_same_name_is_called_otherwise(
    ledger: Ledger, tmp_path: Path
) -> None:
    east, west = tmp_path / "east", tmp_path / "west"
    assert named(ledger, WORK, east) == OWN
    assert named(ledger, work_role(["send"]), west) == f"{OWN}-2"
    assert (found(east, "send"), found(west, "send")) == (OWN, f"{OWN}-2")
    assert named(ledger, WORK, east) == OWN, "it comes back"


def test_a_name_of_its_own_is_taken_again_once_it_is_free(ledger: Ledger, tmp_path: Path) -> None:
    named(ledger, WORK, tmp_path / "east")
    assert named(ledger, WORK, tmp_path / "west") == f"{OWN}-2"
    ledger.redis.flushdb()
    assert named(ledger, WORK, tmp_path / "west") == OWN
    assert found(tmp_path / "west", "send") == OWN
