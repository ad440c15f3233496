"""A RabbitMQ of the tests: a node of its own with everything in one folder; it can be killed, paused, filled."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.tls import CERTIFICATES
from tests.valkey import free_port

#: Debian's scripts that stay the user that they are.
_SCRIPTS = Path("/usr/lib/rabbitmq/bin")
USER, PASSWORD = "mms", "p@ss/word"
LOGIN = f"{USER}:{quote(PASSWORD, safe='')}"
#: Starting takes some 5 s; a machine under load is given time.
START_SECONDS = 120


def require_rabbitmq() -> None:
    """Skip the test where there is no RabbitMQ; in CI there has to be one."""
    if not (_SCRIPTS / "rabbitmq-server").exists():
        assert not os.environ.get("CI"), "CI needs Debian's rabbitmq-server"
        pytest.skip("needs Debian's rabbitmq-server")


class RabbitServer:
    """A RabbitMQ with its management API; `url` is its address for our user, in the virtual host `/`.

    `tls_url` takes a certificate of ours and asks for none. Steered over HTTP, as a command of its own takes seconds.
    """

    def __init__(self, folder: Path, *lines: str) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.port, self.tls_port, self.api_port, distribution, epmd = (free_port() for _ in range(5))
        self.url = self.address("/")
        self.tls_url = f"amqps://{LOGIN}@127.0.0.1:{self.tls_port}//"
        self._epmd_port = epmd
        self._node: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None
        (folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
        (folder / "rabbitmq.conf").write_text("\n".join([*self._configuration(), *lines, ""]))
        self._environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "ERL_EPMD_PORT": str(epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"mms{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            # Two cores are shared by all tests.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
        }

    def address(self, virtual_host: str, port: int | None = None) -> str:
        """The address of a virtual host, there or through a wire at that port."""
        return f"amqp://{LOGIN}@127.0.0.1:{port or self.port}/{quote(virtual_host, safe='')}"

    def start(self) -> None:
        """Start and wait until it takes messages."""
        if self._epmd is None:  # our own, since the one that Erlang starts would outlive us
            self._epmd = self._run("epmd", "-port", str(self._epmd_port), "-address", "127.0.0.1")
        self._node = self._run(str(_SCRIPTS / "rabbitmq-server"))
        deadline = time.monotonic() + START_SECONDS
        while not self._is_up():
            assert self._node.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL, as a power cut."""
        self._signal(signal.SIGKILL)
        if self._node is not None:
            self._node.wait(timeout=60)

    def pause(self) -> None:
        """SIGSTOP: it is there and does not answer."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """Leave nothing behind."""
        self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait(timeout=60)

    def ctl(self, *words: str) -> str:
        """What rabbitmqctl answers; seconds of a core."""
        command = [str(_SCRIPTS / "rabbitmqctl"), "--quiet", *words]
        done = subprocess.run(command, env=self._environment, capture_output=True, timeout=120, check=True)
        return done.stdout.decode()

    def api(self, method: str, path: str, body: object = None) -> Any:
        """An answer of the management API, of a path below `/api/`.

        Raises:
            httpx.HTTPStatusError: it refused.
        """
        answer = httpx.request(
            method,
            f"http://127.0.0.1:{self.api_port}/api/{path}",
            json=body,
            auth=(USER, PASSWORD),
            timeout=30,
            trust_env=False,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def queue(self, name: str, virtual_host: str = "/") -> dict[str, Any]:
        """What it says of a queue; nothing where there is none."""
        with suppress(httpx.HTTPStatusError):
            found: dict[str, Any] = self.api("GET", f"queues/{quote(virtual_host, safe='')}/{name}")
            return found
        return {}

    def connections(self) -> list[str]:
        """The names of all connections."""
        return [each["name"] for each in self.api("GET", "connections")]

    def close_connections(self) -> None:
        """Every client is told `CONNECTION_FORCED`."""
        for name in self.connections():
            with suppress(httpx.HTTPStatusError):
                self.api("DELETE", f"connections/{quote(name)}")

    def add_host(self, name: str) -> str:
        """The address of another virtual host, which is made."""
        self.api("PUT", f"vhosts/{name}", {})
        rights = {"configure": ".*", "write": ".*", "read": ".*"}
        self.api("PUT", f"permissions/{name}/{USER}", rights)
        return self.address(name)

    def sync(self) -> None:
        """Its files are written. A quorum queue that is killed in its first second never has a leader again."""
        self.ctl("eval", "[dets:sync(Table) || Table <- dets:all()].")

    def alarm(self, *, on: bool) -> None:
        """Memory runs out, or is there again: whoever publishes is blocked meanwhile."""
        self.ctl("set_vm_memory_high_watermark", "0.00001" if on else "0.4")

    def said(self) -> str:
        """The end of its log."""
        logs = sorted((self.folder / "log").glob("*.log"))
        return "\n".join(log.read_text(errors="replace")[-2000:] for log in logs)

    def _configuration(self) -> list[str]:
        certificate = CERTIFICATES / "server.pem"
        return [
            f"listeners.tcp.1 = 127.0.0.1:{self.port}",
            f"listeners.ssl.1 = 127.0.0.1:{self.tls_port}",
            f"ssl_options.cacertfile = {CERTIFICATES / 'authority.pem'}",
            f"ssl_options.certfile = {certificate}",
            f"ssl_options.keyfile = {certificate}",
            "ssl_options.verify = verify_peer",
            "ssl_options.fail_if_no_peer_cert = false",
            f"management.tcp.port = {self.api_port}",
            "management.tcp.ip = 127.0.0.1",
            f"default_user = {USER}",
            f"default_pass = {PASSWORD}",
            "vm_memory_high_watermark.relative = 0.4",
            "disk_free_limit.absolute = 1MB",
            "log.console = false",
        ]

    def _run(self, *argv: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            argv,
            env=self._environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _is_up(self) -> bool:
        with suppress(httpx.HTTPError):
            self.api("GET", "overview")
            return True
        return False

    def _signal(self, which: signal.Signals) -> None:
        """To the node and whatever it started."""
        if self._node is not None and self._node.poll() is None:
            os.killpg(self._node.pid, which)


@contextmanager
def running_rabbitmq(folder: Path, *lines: str) -> Iterator[RabbitServer]:
    """A server on this folder, with these lines of configuration besides; nothing of it is left in the end."""
    require_rabbitmq()
    server = RabbitServer(folder, *lines)
    try:
        server.start()
        yield server
    finally:
        server.end()
        shutil.rmtree(folder / "data", ignore_errors=True)
