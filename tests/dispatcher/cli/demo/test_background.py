"""Work beside a running stack: whose fault its end is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatcher.cli.demo._background import BackgroundWork
from dispatcher.errors import StoreUnavailable
from dispatcher.stack.supervisor import Supervisor
from tests.stack import until


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """One without parts."""
    run = tmp_path / "run"
    run.mkdir()
    with Supervisor(run=run, logs=tmp_path / "logs", say=lambda _: None) as made:
        yield made


def test_work_that_fails_by_itself_ends_the_stack_and_says_why(supervisor: Supervisor) -> None:
    def fails() -> None:
        raise StoreUnavailable("Redis does not answer")

    work = BackgroundWork(fails)
    work.start(supervisor)
    supervisor.run()
    assert not work.done
    with pytest.raises(StoreUnavailable):
        work.raise_error()


def test_work_that_fails_after_the_end_was_asked_for_is_not_to_blame(supervisor: Supervisor) -> None:
    def fails_once_the_stack_ends() -> None:
        until(lambda: supervisor.stopping)
        raise StoreUnavailable("Redis does not answer")

    work = BackgroundWork(fails_once_the_stack_ends, stay=True)
    work.start(supervisor)
    [thread] = (each for each in threading.enumerate() if each.name == "background")
    supervisor.ask_to_stop()
    thread.join(60)
    work.raise_error()
    assert not work.done


def test_work_that_goes_well_ends_the_stack_unless_it_stays(supervisor: Supervisor) -> None:
    work = BackgroundWork(lambda: None)
    work.start(supervisor)
    supervisor.run()
    assert work.done
