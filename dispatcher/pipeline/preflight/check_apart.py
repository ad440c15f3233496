"""Checks a campaign file beside the process that asks, when it is large; a small one costs less than a process does."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from typing import BinaryIO

from dispatcher.host.side_process import SideProcess
from dispatcher.pipeline.preflight._apart_wire import Work, packed_facts, result_of
from dispatcher.pipeline.preflight.check import check
from dispatcher.pipeline.preflight.request import CheckRequest
from dispatcher.pipeline.preflight.result import CheckResult
from dispatcher.roster.mends import own_head
from dispatcher.roster.rejections import refused
from dispatcher.settings import Settings

#: Some 25,000 rows, a tenth of a second; the process takes four to start. What is packed has eight times as much in it.
SMALL_BYTES = 1 << 20
_PACKED = (b"\x1f\x8b", b"PK\x03\x04")
_TIMES_PACKED = 8
_RUN: tuple[str, ...] = ("-m", "dispatcher.pipeline.preflight._apart_process")


def check_apart(
    source: BinaryIO, request: CheckRequest, config: Settings, *, opted_out: frozenset[str] | None = None
) -> CheckResult:
    """The same as `check`, of a large file in a process of its own; there `request.pulse` is called all the time.

    `opted_out` are all numbers that nothing may be sent to; it stands in the place of what the request has.

    Raises:
        FileRefused, InputError: as `check`; `too_much_work` when the process met its bounds.
    """
    file = _file_of(source)
    if file is None:
        tells = None if opted_out is None else opted_out.__contains__
        return check(source, replace(request, opted_out=tells), config)
    with SideProcess(_RUN, [str(file)], inherited=[file]) as process:
        process.say(Work.of(request, config, opted_out))
        for frame in process.frames(request.pulse):
            if "ask" in frame:
                assert request.ask_media is not None
                process.say(packed_facts(request.ask_media(frame["ask"])))
            elif "invalid" in frame:
                getattr(request, frame["to"]).write(frame["invalid"])
            else:
                return result_of(frame)
    raise refused("too_much_work")  # it ended without a last word: its time or its memory was over


def _file_of(source: BinaryIO) -> int | None:
    """The open file of what is worth a process, all of it written; None if it is small, or in memory alone."""
    head = own_head(source, 4)
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    if size * (_TIMES_PACKED if head.startswith(_PACKED) else 1) <= SMALL_BYTES:
        return None
    try:
        source.flush()
        return source.fileno()
    except io.UnsupportedOperation:
        return None
