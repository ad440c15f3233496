"""Three web processes with data folders of their own behind one address, no caller bound to any of them."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from redis import Redis

from dispatcher.ledger.installation.callback_challenges import put_challenge
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.receivers import lost_receivers
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of
from dispatcher.pipeline.health.doctor import diagnose
from dispatcher.settings import Settings
from tests.balancer import Balancer, is_ready
from tests.dispatcher.web.conftest import CSV
from tests.dispatcher.web.console.test_campaigns import hidden, post_new, send
from tests.dispatcher.web.processes import start, wait_until_ready
from tests.stack import until
from tests.valkey import ValkeyServer, free_port, running_valkey

pytestmark = pytest.mark.slow

FORM = {"from": "12125550100", "message": "Hi {{first_name}}", "quiet_hours": "off"}


class Doors:
    """Web processes on one ledger, and the balancer before them."""

    def __init__(self, folder: Path, server: ValkeyServer) -> None:
        self.folder, self.server = folder, server
        self.ports = [free_port() for _ in range(3)]
        self.balancer = Balancer(self.ports)
        self.processes: list[subprocess.Popen[bytes]] = []
        self._of: dict[int, subprocess.Popen[bytes]] = {}
        self.redis: Redis = Redis.from_url(server.url)

    def data(self, port: int) -> Path:
        """The data folder of a door."""
        return self.folder / str(port)

    def start(self, port: int, **settings: object) -> None:
        """Start one, unless it runs."""
        running = self._of.get(port)
        if running is None or running.poll() is not None:
            given = {"redis_url": self.server.url, "data_dir": self.data(port), "simulate": 1} | settings
            given |= {"web_port": port, "public_url": self.balancer.url}
            self._of[port] = start(self.processes, self.folder / f"{port}.log", **given)

    def all_there(self) -> None:
        """Every one of them runs and is ready."""
        for port in self.ports:
            self.start(port)
        for port in self.ports:
            wait_until_ready(f"http://127.0.0.1:{port}", self._of[port])

    def end(self, port: int, by: signal.Signals) -> int:
        """End one; its exit status."""
        self._of[port].send_signal(by)
        return self._of[port].wait(timeout=60)

    @property
    def admin_token(self) -> str:
        """What the installation made for itself, on one of the machines."""
        [file] = self.folder.glob("*/admin-token")
        return file.read_text().strip()

    @property
    def callback(self) -> str:
        """The path that CarrierX calls."""
        return f"/callbacks/carrierx/{text_of(self.redis.hget(keys.INSTALL, 'callback_key'))}"

    def stored(self) -> set[int]:
        """The callbacks that are in the ledger."""
        found: Any = self.redis.xrange(keys.CALLBACKS)
        return {json.loads(fields[b"raw"])["n"] for _, fields in found}


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Three doors, each made once."""
    folder = tmp_path_factory.mktemp("doors")
    with running_valkey(folder / "valkey") as server:
        doors = Doors(folder, server)
        try:
            with doors.balancer, contextlib.closing(doors.redis):
                yield doors
        finally:
            for process in doors.processes:
                process.kill()
                process.wait(timeout=60)


@pytest.fixture
def doors(three: Doors) -> Doors:
    """All three of them, ready."""
    three.all_there()
    three.balancer.went.clear()
    return three


@pytest.fixture
def browser(doors: Doors) -> Iterator[httpx.Client]:
    """A browser that is logged in, at whichever door that was."""
    headers = {"accept": "text/html"}
    with httpx.Client(base_url=doors.balancer.url, trust_env=False, headers=headers, timeout=30) as client:
        assert client.post("/login", data={"token": doors.admin_token}).status_code == 303
        yield client


@pytest.fixture
def api(doors: Doors) -> Iterator[httpx.Client]:
    """A program with the admin token."""
    headers = {"authorization": f"Bearer {doors.admin_token}"}
    with httpx.Client(base_url=doors.balancer.url, trust_env=False, headers=headers, timeout=30) as client:
        yield client


def call(client: httpx.Client, doors: Doors, number: int) -> int:
    return client.post(doors.callback, json={"n": number, "message_sid": "a"}).status_code


def test_a_file_that_is_checked_at_one_door_is_looked_at_through_another_and_sent_by_a_third(
    browser: httpx.Client, doors: Doors
) -> None:
    checked = post_new(browser, "check", f"{CSV}12,Dan\n", name="three doors")
    held = hidden(checked, "held")
    errors = browser.get(f"/new/errors/{held}")
    assert "12,Dan" in errors.text
    sent = post_new(browser, "send", None, held=held, name="three doors")
    assert sent.status_code == 303, sent.text
    again = post_new(browser, "send", None, held=held, name="three doors")
    assert again.headers["location"] == sent.headers["location"]
    assert browser.get(sent.headers["location"]).status_code == 200
    assert len(set(doors.balancer.doors("/new"))) == 3
    assert len(Ledger(doors.redis).campaigns.drafts()) == 0


def test_one_call_with_a_key_is_done_once_whichever_doors_it_comes_to(
    api: httpx.Client, doors: Doors
) -> None:
    def submit() -> httpx.Response:
        files = {"file": ("once.csv", CSV.replace("555", "556"))}
        return api.post("/api/v1/campaigns", data=FORM, files=files, headers={"idempotency-key": "k-1"})

    answers = [submit() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(set(doors.balancer.doors("/api/v1/campaigns"))) == 3


def test_wrong_tokens_count_over_all_doors_and_a_right_one_gets_in_at_each(doors: Doors) -> None:
    doors.redis.delete(*(doors.redis.keys("mms:wrong-tokens:*") or ["none"]))
    with httpx.Client(base_url=doors.balancer.url, trust_env=False) as client:
        answers = [client.post("/login", data={"token": "wrong"}).status_code for _ in range(12)]
        assert answers == [403] * 10 + [429] * 2
        right = [client.post("/login", data={"token": doors.admin_token}).status_code for _ in range(3)]
        assert right == [303] * 3
    assert set(doors.balancer.doors("/login")[-3:]) == set(doors.ports)


def test_a_live_page_goes_on_at_another_door_when_its_own_is_killed(
    browser: httpx.Client, doors: Doors
) -> None:
    made = send(browser, name="live", message="Live")
    path = f"/campaigns/{made}/events"

    def view() -> list[str]:
        with browser.stream("GET", path) as stream:
            assert stream.status_code == 200
            return [next(line for line in stream.iter_lines() if line.startswith("data: "))]

    with browser.stream("GET", path) as stream:
        lines = stream.iter_lines()
        first = next(line for line in lines if line.startswith("data: "))
        [door] = doors.balancer.doors(path)
        doors.end(door, signal.SIGKILL)
        assert not [line for line in lines if line.startswith("data: ")]
    assert view() == [first]
    assert doors.balancer.doors(path)[-1] != door


def test_a_door_that_is_killed_in_the_middle_of_an_upload_is_an_error_and_nothing_half(
    browser: httpx.Client, doors: Doors
) -> None:
    before, csrf = set(doors.redis.keys("*")), hidden(browser.get("/new"), "csrf")
    body = (
        f'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{csrf}\r\n'
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nphone\n'
    ).encode() + b"12125550101\n" * 20_000
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    where = urlsplit(doors.balancer.url)
    with socket.create_connection((where.hostname, where.port or 0), timeout=30) as upload:
        upload.sendall(
            f"POST /new HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nContent-Length: {2 * len(body)}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode()
            + body
        )
        [*_, door] = until(lambda: doors.balancer.doors("/new")[1:])
        doors.end(door, signal.SIGKILL)
        with contextlib.suppress(OSError):
            upload.sendall(body)
        assert upload.makefile("rb").readline().split()[1] == b"502"
    left = set(doors.redis.keys("*")) - before
    assert not [key for key in left if not key.startswith(b"mms:door")]  # type: ignore[arg-type]


def test_callbacks_come_to_all_doors_and_none_is_lost_when_they_are_stopped_one_by_one(doors: Doors) -> None:
    sent: list[int] = []
    over = threading.Event()

    def carrier() -> None:
        with httpx.Client(base_url=doors.balancer.url, trust_env=False, timeout=30) as client:
            while not over.wait(0.02):
                sent.append(call(client, doors, 1000 + len(sent)))

    caller = threading.Thread(target=carrier)
    caller.start()
    try:
        until(lambda: len(sent) > 20)
        for port in doors.ports[:2]:
            assert doors.end(port, signal.SIGTERM) == 0
            doors.all_there()
    finally:
        over.set()
        caller.join()
    assert set(sent) == {200}
    assert {1000 + number for number in range(len(sent))} <= doors.stored()
    assert set(doors.balancer.doors(doors.callback)) == set(doors.ports)


def test_a_door_that_is_stopped_says_so_first_and_answers_its_connections_on(doors: Doors) -> None:
    port = doors.ports[0]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        assert call(client, doors, 1) == 200
        doors._of[port].send_signal(signal.SIGTERM)
        until(lambda: not is_ready(port))
        last = client.post(doors.callback, json={"n": 2, "message_sid": "a"})
        assert (last.status_code, last.headers["connection"]) == (200, "close")
        assert client.get("/readyz").text == "this process is being stopped\n"
    assert doors._of[port].wait(timeout=60) == 0
    assert {1, 2} <= doors.stored()


def test_the_spool_of_a_door_whose_machine_is_lost_is_brought_in_by_another_where_it_is_put(
    doors: Doors,
) -> None:
    lost, other = doors.ports[0], doors.ports[1]
    with httpx.Client(base_url=doors.balancer.url, trust_env=False, timeout=30) as client:
        path = doors.callback
        doors.server.kill()
        spooled = [client.post(path, json={"n": 900_000 + number, "message_sid": "a"}) for number in range(9)]
        assert [answer.status_code for answer in spooled] == [200] * 9
        doors.end(lost, signal.SIGKILL)
        doors.server.start()
        until(lambda: len({900_000 + n for n in range(9)} & doors.stored()) == 6)
    [spool] = (doors.data(lost) / "spool").iterdir()
    doors.redis.delete(keys.RECEIVER + spool.stem)  # five minutes later
    assert [receiver.name for receiver in lost_receivers(doors.redis)] == [spool.stem]
    told = [found for found in diagnose(_settings(doors)) if found.subject == f"receiver {spool.stem}"]
    assert [(found.verdict, spool.name in found.mend) for found in told] == [("note", True)]
    shutil.copy(spool, doors.data(other) / "spool" / spool.name)
    until(lambda: {900_000 + n for n in range(9)} <= doors.stored())
    until(lambda: not lost_receivers(doors.redis))
    shutil.rmtree(doors.data(lost) / "spool")


def _settings(doors: Doors) -> Settings:
    return Settings(redis_url=doors.server.url, data_dir=doors.data(doors.ports[1]), simulate=True)


def test_a_new_callback_key_in_the_settings_goes_from_door_to_door_and_both_are_taken_everywhere(
    doors: Doors,
) -> None:
    old = doors.callback
    doors.end(doors.ports[2], signal.SIGTERM)
    doors.start(doors.ports[2], callback_key="the-new-callback-key")
    doors.all_there()
    new = doors.callback
    assert new == "/callbacks/carrierx/the-new-callback-key"
    doors.end(doors.ports[1], signal.SIGKILL)  # and is started again with what it had
    doors.all_there()
    assert doors.callback == new
    with httpx.Client(trust_env=False) as client:
        answers = [
            client.post(f"http://127.0.0.1:{port}{path}", json={"n": 1, "message_sid": "a"}).status_code
            for port in doors.ports
            for path in (old, new, "/callbacks/carrierx/another")
        ]
    assert answers == [200, 200, 404] * 3


def test_what_the_world_asks_for_is_answered_by_every_door(doors: Doors) -> None:
    challenge = put_challenge(doors.redis)
    Ledger(doors.redis).media.store("a" * 64, "image/png", b"picture")
    for port in doors.ports:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            asked = client.get("/callbacks/carrierx/", params={"question": challenge.text})
            assert (asked.status_code, asked.text) == (200, challenge.answer)
            assert client.get(f"/media/{'a' * 64}").content == b"picture"
    names = [
        name
        for name in doors.redis.smembers(keys.RECEIVERS)
        if doors.redis.exists(f"mms:door:{text_of(name)}")
    ]
    assert len(names) == 3, "one host name, three names"


def test_no_secret_is_in_any_log(doors: Doors) -> None:
    text = "".join(file.read_text() for file in doors.folder.glob("*.log"))
    secrets = [doors.admin_token, doors.callback.rpartition("/")[2], "the-new-callback-key"]
    assert [secret for secret in [*secrets, "Traceback"] if secret in text] == []
