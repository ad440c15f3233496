"""Every command of `docs/carrierx-guide.md`, in its order, against the simulator."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.cli.worker import working
from tests.mms import Mms

pytestmark = pytest.mark.slow

_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: Runs for ever; `pipeline.answers` has tests of what follows.
_NOT_HERE = "MMS_AUTO_ANSWER="


def commands(page: Path) -> list[str]:
    """The commands of a page, one a line."""
    return [line for block in _BLOCK.findall(page.read_text("utf-8")) for line in block.splitlines()]


def program_is_doctor(arguments: list[str]) -> bool:
    """It finds fault with workers that are threads of the test."""
    return arguments[0] == "doctor"


def test_every_command_of_the_page_works(
    mms: Mms, runtime: Runtime, simulator: SimulatorHandle, repository: Path
) -> None:
    said, sid = [], ""
    with working(runtime):
        for line in commands(repository / "docs" / "carrierx-guide.md"):
            if line.startswith(_NOT_HERE):
                continue
            program, *arguments = shlex.split(line)
            assert program == "mms"
            answer = mms(*(sid if argument == "SID" else argument for argument in arguments))
            if program_is_doctor(arguments):
                assert "the number is ours and may send SMS and MMS" in answer.out
                continue
            assert answer.status == 0, f"{line}\n{answer.out}{answer.err}"
            said.append(answer)
            if arguments[:2] == ["message", "send"]:
                sid = answer.out.splitlines()[0]
    assert len(said) > 10
    assert simulator.received().taken == 4
    groups = [message["to"] for message in simulator.received().messages if len(message["to"]) > 1]
    assert groups == [["17575000928", "14386009161", "17208200011"]]
