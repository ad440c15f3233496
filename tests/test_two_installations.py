"""Two accounts on two ledgers of one machine, behind one public address: neither knows of the other."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.address import embedded_url
from dispatcher.ledger.store.connection import client, text_of
from tests.documents.shown import TOP, blocks, commands
from tests.front import Front
from tests.stack import ADMIN_TOKEN, MMS, Terminal, until
from tests.standin import StandIn, number, terminal_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("two installations"), pytest.mark.timeout(300)]

#: What each account allows, messages a second; so far apart that neither can be taken for the other.
RATES = {"east": 40, "west": 10}
SENDERS = {"east": "15162065575", "west": "15162065576"}
PAGE = TOP / "docs" / "scale.md"
#: How opt-outs are carried from one to the other.
COMMANDS = commands(blocks(PAGE))
#: Each makes its own callback key; leases and waits are short; what is asked for is exactly what was submitted.
SETTINGS = {
    "MMS_CALLBACK_KEY": "",
    "MMS_LEASE_SECONDS": "3",
    "MMS_UNCONFIRMED_WAIT": "4",
    "MMS_POLL_RATE": "100/s",
    "MMS_STOP_ANSWER": "",
    "MMS_BRAKE_SHARE": "0",
}


class Account(StandIn):
    """An account at CarrierX: its token, what it took and when."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.token = f"token-of-{name}"
        self.taken_at: dict[str, float] = {}

    def take(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """Take a message, and note when."""
        self.taken_at[body["to"]] = time.monotonic()
        return super().take(body)

    def times(self, people: range) -> list[int]:
        """How often each of these was texted."""
        found = self.numbers()
        return [found[number(index)] for index in people]


@dataclass(frozen=True)
class Installation:
    """A `mms up` of an account's own: folder, ports, ledger, secrets."""

    name: str
    account: Account
    terminal: Terminal

    @cached_property
    def callback_url(self) -> str:
        """Where the account is told to call back, as `mms up` says it."""
        found = re.search(r"^callbacks +(\S+)$", self.terminal.said(), re.MULTILINE)
        assert found is not None, self.terminal.said()
        return found[1]

    @property
    def key(self) -> str:
        """The last part of it."""
        return self.callback_url.rpartition("/")[2]

    @property
    def ledger(self) -> Ledger:
        """Its ledger, as it is found through its data folder."""
        url = embedded_url(self.terminal.folder / ".mms")
        assert url is not None
        return Ledger(client(url))

    def up(self) -> None:
        """Start it, and tell the account where to call back."""
        self.terminal.up()
        self.account.callback_url = self.callback_url

    def api(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A call of its API, as admin."""
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        url = f"http://127.0.0.1:{self.terminal.web_port}/api/v1{path}"
        return httpx.request(method, url, headers=headers, timeout=60, verify=False, **options)

    def mms(self, *arguments: str) -> str:
        """Run a command here; what it printed."""
        done = self.terminal.mms(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def submit(self, people: range) -> str:
        """A campaign to these from the account's sender; its id."""
        lines = "\n".join(["phone", *(number(index) for index in people), ""])
        form = {"from": SENDERS[self.name], "message": "Hi", "quiet_hours": "off", "allow_same_file": "yes"}
        made = self.api("POST", "/campaigns", data=form, files={"file": ("campaign.csv", lines)})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def shown(self, campaign_id: str) -> dict[str, Any]:
        """The campaign as the API tells it."""
        found: dict[str, Any] = self.api("GET", f"/campaigns/{campaign_id}").json()
        return found

    def report(self, campaign_id: str) -> dict[str, str]:
        """Each number of its report with the sid."""
        lines = csv.DictReader(io.StringIO(self.api("GET", f"/campaigns/{campaign_id}/report").text))
        return {line["number"]: line["message_sid"] for line in lines}

    def await_delivered(self, campaign_id: str, rows: int) -> None:
        """Return when so many were delivered."""
        until(lambda: self.shown(campaign_id)["counts"]["delivered"] == rows, 120, f"{self.name}'s end")

    def opted_out(self) -> set[str]:
        """Who gets nothing here."""
        return set(self.ledger.optouts.everyone_out())

    def alarms(self) -> dict[str, int]:
        """What should not have happened here."""
        return {text_of(name): int(count) for name, count in self.ledger.redis.hgetall(keys.ALARMS).items()}

    def kill(self) -> None:
        """SIGKILL to everything of it at once, its Valkey too."""
        assert self.terminal.up_process is not None
        self.terminal.up_process.kill()
        self.terminal.up_process.wait(60)
        for process in self.terminal.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        until(lambda: not self.terminal.processes(), what="the end of all processes")


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    """The address that both accounts call back at."""
    with Front() as running:
        yield running


@pytest.fixture(scope="module")
def both(
    front: Front, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, Installation]]:
    """East and west, running, each in a folder of its own as its operator started it."""
    with ExitStack() as stack:
        found, folders = [], tmp_path_factory.mktemp("accounts")
        for name, rate in RATES.items():
            account = Account(name)
            stack.enter_context(account)
            folder = folders / name
            folder.mkdir()
            terminal = stack.enter_context(
                terminal_of(folder, account, rate=f"{rate}/s", MMS_PUBLIC_URL=front.url(name), **SETTINGS)
            )
            front.ports[name] = terminal.web_port
            found.append(Installation(name, account, terminal))
            found[-1].up()
        yield found[0], found[1]


@pytest.fixture(scope="module")
def east(both: tuple[Installation, Installation]) -> Installation:
    """One of the two."""
    return both[0]


@pytest.fixture(scope="module")
def west(both: tuple[Installation, Installation]) -> Installation:
    """The other."""
    return both[1]


def inbound(to: str, sender: str, text: str) -> dict[str, Any]:
    """What a person wrote, as an account calls it back."""
    return {
        "message_sid": str(uuid.uuid4()), "direction": "inbound", "status": "received",
        "from": sender, "to": to, "message": text, "type": "sms",
    }  # fmt: skip


def test_both_send_at_once_each_at_its_own_limit_and_to_everybody_once(
    east: Installation, west: Installation
) -> None:
    people = {east: range(200), west: range(50)}
    campaigns = {each: each.submit(rows) for each, rows in people.items()}
    spans = {}
    for each, rows in people.items():
        each.await_delivered(campaigns[each], len(rows))
        assert each.account.times(rows) == [1] * len(rows)
        at = sorted(each.account.taken_at[number(index)] for index in rows)
        spans[each] = (at[0], at[-1])
        pace = (len(rows) - 1) / (at[-1] - at[0])
        assert RATES[each.name] / 2 < pace < RATES[each.name] * 1.2, pace
        assert {body["from"] for body in each.account.taken} == {SENDERS[each.name]}
        sids = each.account.sids()
        assert each.report(campaigns[each]) == {number(index): sids[number(index)] for index in rows}
    assert spans[east][0] < spans[west][1]
    assert spans[west][0] < spans[east][1]
    for each, other in ((east, west), (west, east)):
        assert each.api("GET", f"/campaigns/{campaigns[other]}").status_code == 404


def test_a_refused_token_and_a_lower_limit_hold_one_account_and_not_the_other(
    east: Installation, west: Installation
) -> None:
    until(lambda: west.api("GET", "/limits").json()["limits"], what="the limits of the settings")
    before = west.api("GET", "/limits").json()
    assert east.api("PUT", "/limits/account", json={"rate": "30/s"}).status_code == 200
    east.account.token = "a-newer-token"
    held, going = east.submit(range(1000, 1020)), west.submit(range(1000, 1020))
    west.await_delivered(going, 20)
    assert west.api("GET", "/limits").json() == before
    assert east.api("GET", "/limits").json() != before
    assert east.shown(held)["reason"]
    assert east.shown(held)["counts"]["delivered"] == 0
    assert east.terminal.typed("echo a-newer-token | mms token carrierx").returncode == 0
    east.await_delivered(held, 20)
    for each in (east, west):
        assert each.account.times(range(1000, 1020)) == [1] * 20


def test_a_callback_at_the_wrong_door_changes_nothing(
    east: Installation, west: Installation, front: Front
) -> None:
    campaign = east.submit(range(1100, 1110))
    east.await_delivered(campaign, 10)
    sid = east.account.sids()[number(1100)]
    [told] = [body for body in east.account.taken if body["to"] == number(1100)]
    failed = {**told, "message_sid": sid, "status": "failed", "direction": "outbound", "price": "9.99"}
    before, alarms = west.api("GET", "/campaigns").json(), west.alarms()
    for body in (failed, {**failed, "user_data": None}):
        assert httpx.post(f"{front.url('west')}/callbacks/carrierx/{east.key}", json=body).status_code == 404
        assert httpx.post(west.callback_url, json=body).status_code == 200
    mark = "user_data_not_ours"
    until(lambda: west.alarms() == {**alarms, mark: alarms.get(mark, 0) + 1}, what="the alarm")
    until(lambda: not west.ledger.callback_stream.waiting(), what="an empty stream")
    assert west.api("GET", "/campaigns").json() == before
    assert east.shown(campaign)["counts"]["delivered"] == 10


def test_each_is_told_whether_the_public_address_leads_to_itself(
    east: Installation, west: Installation, front: Front
) -> None:
    for each in (east, west):
        assert "leads to our callback receiver" in each.terminal.mms("doctor").stdout
    right = dict(front.ports)
    front.ports |= {"east": right["west"], "west": right["east"]}
    try:
        assert "does not lead to our callback receiver" in east.terminal.mms("doctor").stdout
    finally:
        front.ports |= right


def test_the_proxy_of_the_page_has_a_path_for_each_and_takes_it_off() -> None:
    [proxy] = [block for block in blocks(PAGE) if block.language == "nginx"]
    pattern = (
        r"location /(\w+)/ \{ proxy_pass http://127\.0\.0\.1:(\d+)/; \}  # MMS_PUBLIC_URL=https://[^/]+/(\w+)"
    )
    found = [re.fullmatch(pattern, line) for line in proxy.lines]
    assert [each and (each[1], each[3]) for each in found] == [(name, name) for name in RATES]
    assert len({each and each[2] for each in found}) == len(RATES)


def test_a_stop_holds_where_it_was_said_and_the_list_is_carried_over_as_often_as_one_likes(
    east: Installation, west: Installation
) -> None:
    person, another, folders = number(1200), number(1201), east.terminal.folder.parent
    stop = inbound(SENDERS["east"], person, "STOP")
    assert httpx.post(east.callback_url, json=stop).status_code == 200
    assert (east.opted_out(), west.opted_out()) == ({person}, set())
    said = [typed(line, folders) for line in [*COMMANDS, COMMANDS[-1]]]
    assert said == ["", "1 read, 1 changed, 0 not usable\n", "1 read, 0 changed, 0 not usable\n"]
    west.api("POST", "/opt-outs", json={"numbers": [another]})
    assert [carried(*way) for way in ((west, east), (east, west), (west, east))] == [(2, 1), (2, 0), (2, 0)]
    assert east.opted_out() == west.opted_out() == {person, another}
    west.api("POST", "/opt-outs/remove", json={"numbers": [person]})
    assert carried(west, east) == (2, 1)
    assert typed(COMMANDS[-1], folders) == "1 read, 0 changed, 0 not usable\n"  # it is older
    assert east.opted_out() == west.opted_out() == {another}
    for each in (east, west):
        campaign = each.submit(range(1200, 1202))
        each.await_delivered(campaign, 1)
        assert each.shown(campaign)["counts"]["skipped"] == 1
        assert each.account.times(range(1200, 1202)) == [1, 0]


def typed(line: str, folder: Path) -> str:
    """A line of the page, typed into a shell here; what it printed."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MMS_")}
    environment = {**ours, "PATH": f"{MMS.parent}{os.pathsep}{ours.get('PATH', '')}"}
    command = ["bash", "-c", line]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def carried(source: Installation, target: Installation) -> tuple[int, int]:
    """The whole list of one into the other, over the API; how many entries were read and changed."""
    exported = source.api("GET", "/opt-outs/export").content
    answer = target.api("POST", "/opt-outs/import", files={"file": ("opt-outs.csv", exported)})
    assert answer.status_code == 200, answer.text
    return answer.json()["read"], answer.json()["changed"]


def test_one_that_is_killed_stops_only_itself_and_goes_on_where_it_was(
    east: Installation, west: Installation
) -> None:
    killed, going = east.submit(range(2000, 2200)), west.submit(range(2000, 2080))
    until(lambda: sum(east.account.times(range(2000, 2200))) > 40, 60, "the first messages")
    east.kill()
    seen = len(west.account.taken)
    assert sum(east.account.times(range(2000, 2200))) < 200
    west.await_delivered(going, 80)
    assert len(west.account.taken) > seen
    assert west.terminal.web("/readyz/console").text == "ok\n"
    east.up()
    until(lambda: east.shown(killed)["state"] == "completed", 120, "the end of what was killed")
    assert east.account.times(range(2000, 2200)) == [1] * 200
    assert west.account.times(range(2000, 2080)) == [1] * 80
