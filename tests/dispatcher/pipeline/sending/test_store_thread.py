"""A round trip beside the POSTs: its owner goes on, is woken, and hears how it ended."""

from __future__ import annotations

import threading

import pytest

from dispatcher.pipeline.sending._store_thread import StoreThread


def test_the_owner_goes_on_meanwhile_and_is_woken_when_the_job_is_done() -> None:
    may_end, woken = threading.Event(), threading.Event()
    with StoreThread[str]("job", woken.set) as thread:
        assert thread.is_idle
        thread.begin(lambda: "answer" if may_end.wait(60) else "")
        assert not thread.is_idle
        assert not thread.is_done
        may_end.set()
        assert woken.wait(60)
        assert thread.is_done
        assert thread.result() == "answer"
        assert thread.is_idle


def test_a_job_here_is_done_when_it_was_begun_on_the_owners_thread() -> None:
    with StoreThread[threading.Thread]("job", lambda: None) as thread:
        thread.begin(threading.current_thread, here=True)
        assert thread.is_done
        assert thread.result() is threading.current_thread()
        thread.begin(lambda: (_ for _ in ()).throw(ValueError("no")), here=True)
        with pytest.raises(ValueError, match="no"):
            thread.result()


def test_what_the_job_raised_is_the_owners() -> None:
    with StoreThread[None]("job", lambda: None) as thread:
        thread.begin(lambda: (_ for _ in ()).throw(ValueError("no")))
        with pytest.raises(ValueError, match="no"):
            thread.result()
        assert thread.is_idle
