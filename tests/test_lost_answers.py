"""Answers are lost after the message was taken, while workers are killed: no number is texted twice, none is lost."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.stack import Terminal, until
from tests.standin import StandIn, number, terminal_of
from tests.test_end_to_end import report_of, submit_arguments, write_campaign

pytestmark = pytest.mark.slow

ROWS = 5_000
#: Killing ends here: a later message shows that the list of messages can be believed about an earlier one.
KILLED_UNTIL = 4_200
#: A kill whenever so many more messages were taken: every few seconds.
KILLED_EVERY = 600


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A CarrierX that drops 3 % of its answers, each after it took the message."""
    with StandIn(drop_share=0.03) as server:
        yield server


@pytest.fixture
def terminal(tmp_path: Path, stand_in: StandIn) -> Iterator[Terminal]:
    """A person's terminal; leases and waits are short."""
    short = {"MMS_LEASE_SECONDS": "3", "MMS_UNCONFIRMED_WAIT": "6", "MMS_READ_TIMEOUT": "4"}
    with terminal_of(tmp_path, stand_in, rate="5000/s", MMS_POLL_RATE="200/s", **short) as terminal:
        yield terminal


def shown(terminal: Terminal, campaign_id: str) -> dict[str, Any]:
    """The campaign as the API tells it, whose counts add up to its rows at any moment."""
    campaign: dict[str, Any] = terminal.web(f"/api/v1/campaigns/{campaign_id}", timeout=30).json()
    assert sum(campaign["counts"].values()) == ROWS, campaign
    return campaign


def kill_a_sender(terminal: Terminal, dice: random.Random) -> bool:
    """SIGKILL of the send worker or of one of the processes of its pool."""
    senders = [process for process in terminal.processes() if "mms-send" in process.cmdline()]
    if not senders:
        return False
    try:
        dice.choice(senders).kill()
    except psutil.NoSuchProcess:
        return False
    return True


@pytest.mark.timeout(240)
def test_answers_lost_and_workers_killed_text_nobody_twice_and_lose_nobody(
    terminal: Terminal, stand_in: StandIn, tmp_path: Path
) -> None:
    terminal.up()
    submitted = terminal.mms(*submit_arguments(write_campaign(tmp_path, ROWS), "--rate", "300/s"))
    assert submitted.returncode == 0, submitted.stderr
    campaign_id = submitted.stdout.strip()
    until(lambda: len(stand_in.taken) >= 100, 60, "the first messages")
    dice, kills, most_unconfirmed = random.Random(3), 0, 0
    while len(stand_in.taken) < KILLED_UNTIL:
        kills += kill_a_sender(terminal, dice)
        following = len(stand_in.taken) + KILLED_EVERY
        until(lambda: len(stand_in.taken) >= following, 60, "more messages")  # noqa: B023 - used at once
        most_unconfirmed = max(most_unconfirmed, shown(terminal, campaign_id)["counts"]["unconfirmed"])

    def is_over() -> bool:
        counts = shown(terminal, campaign_id)["counts"]
        return bool(counts["sent"] + counts["delivered"] == ROWS and counts["delivered"] >= ROWS - ROWS // 20)

    until(is_over, 120, "the end of all rows")
    assert stand_in.numbers() == Counter({number(index): 1 for index in range(ROWS)})
    assert (kills >= 4, len(stand_in.dropped) >= 100, most_unconfirmed > 0) == (True, True, True)
    told_only_by_the_list = {message["to"] for message in stand_in.dropped if message["status"] == "sent"}
    report = report_of(terminal, campaign_id)
    assert {line["number"] for line in report if line["state"] == "sent"} == told_only_by_the_list
    assert {line["number"]: line["message_sid"] for line in report} == stand_in.sids()
    audit = terminal.mms("campaign", "audit", campaign_id, "--json")
    assert audit.returncode == 0, audit.stdout + audit.stderr
    assert json.loads(terminal.mms("campaign", "show", campaign_id, "--json").stdout)["state"] == "completed"
