"""A round trip to Redis beside the POSTs: one job at a time, on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, TypeVar

Result = TypeVar("Result")


class StoreThread(Generic[Result]):
    """Runs a job while its owner goes on, and calls `wake` when it is done. Use it in a `with`."""

    def __init__(self, name: str, wake: Callable[[], None]) -> None:
        self._pool = ThreadPoolExecutor(1, name)
        self._wake = wake
        self._job: Future[Result] | None = None

    def __enter__(self) -> StoreThread[Result]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    @property
    def is_idle(self) -> bool:
        """Nothing was begun whose result was not taken."""
        return self._job is None

    @property
    def is_done(self) -> bool:
        """The job has ended, and `result` tells how."""
        return self._job is not None and self._job.done()

    def begin(self, job: Callable[[], Result], *, here: bool = False) -> None:
        """Run this job; the one before it has to be over. `here`: on the owner's own thread, before this returns."""
        if here:
            self._job = _done(job)
            return
        self._job = self._pool.submit(job)
        self._job.add_done_callback(lambda _: self._wake())

    def result(self) -> Result:
        """What the job answered, or raised; waits for it."""
        assert self._job is not None
        job, self._job = self._job, None
        return job.result()


def _done(job: Callable[[], Result]) -> Future[Result]:
    future: Future[Result] = Future()
    try:
        future.set_result(job())
    except Exception as error:
        future.set_exception(error)
    return future
