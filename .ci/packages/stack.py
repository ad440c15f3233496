"""The stack of deploy/compose/: production over development, brought up by podman-compose, campaigns sent through it.

The simulator of the development file is its CarrierX, and calls back through the proxy; callers of this machine come by
TLS. One of the two doors is killed in the middle of a second campaign. All of it ends, whatever happens.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from packages.containers import IMAGE, base_images, environment, podman
from packages.tools import environment_with
from packages.trying import TOP, WrongError, expect, needed, run, say, untried

PROJECT = "mms-packages"
FILES = ("docker-compose.yml", "deploy/compose/development.yml", "deploy/compose/production.yml")
ENVIRONMENT = TOP / "deploy" / "compose" / "development.env"
DOOR = f"{PROJECT}_web_1"
OTHER_DOOR = f"{PROJECT}_web_2"
#: What becomes of campaigns/demo.csv at the simulator: nothing is left open.
ROWS = 580
SECONDS = 120
SUBMIT = ["mms", "campaign", "submit", "campaigns/demo.csv", "--json", "--allow-same-file", "--rate", "100/s"]
#: Which numbers the simulator was sent how much, asked from inside: nobody else reaches it.
TIMES = (
    "import json; from dispatcher.simulator.client import SimulatorHandle;"
    "received = SimulatorHandle('http://simulator:9000', 'simulated').received(messages=False);"
    "print(json.dumps([received.times(number) for number in received.numbers]))"
)
#: podman-compose leaves out `configs`: the file that Compose would make is mounted. The proxy speaks for two names, for
#: that of the stack without TLS, since the simulator does not know the authority that it makes up.
OVER = """
services:
  valkey:
    volumes: ["{folder}/valkey.conf:/etc/valkey/valkey.conf:ro"]
  proxy:
    environment:
      MMS_PUBLIC_URL: https://localhost, http://proxy
      MMS_TLS: tls internal
"""


def try_stack() -> str:
    """Bring it up, send, kill a door while it sends, take it down."""
    needed("podman", "podman")
    program = environment_with("podman-compose") / "podman-compose"
    stood_in = base_images()
    podman("image", "exists", IMAGE)
    ports = {name: str(_free_port()) for name in ("MMS_HTTP_PORT", "MMS_HTTPS_PORT", "MMS_FLOWER_PORT")}
    with tempfile.TemporaryDirectory() as folder, running(program, Path(folder), ports):
        count = healthy()
        inside = https(int(ports["MMS_HTTPS_PORT"]), "/readyz")
        expect(inside == "ok\n", f"/readyz through the proxy: {inside}")
        campaign("without a fault")
        campaign("a door killed meanwhile", kill=OTHER_DOOR)
        times = json.loads(podman("exec", DOOR, "python", "-c", TIMES))
        expect(set(times) == {2}, f"sent to a number in two campaigns: {sorted(set(times))}")
        say(f"  the simulator took {sum(times)} messages, one a campaign for each of {len(times)} numbers")
        metrics = https(int(ports["MMS_HTTPS_PORT"]), "/metrics", token=given("MMS_ADMIN_TOKEN"))
        alarms = re.findall(r"^mms_alarms_total\{.*\} ([1-9]\d*)$", metrics, re.MULTILINE)
        expect(alarms == [], f"alarms: {alarms}")
        applied = re.findall(r'^mms_callbacks_total\{outcome="applied"\} (\d+)$', metrics, re.MULTILINE)
        say(f"  callbacks applied: {applied[0]}; alarms: none")
        expect(int(applied[0]) > ROWS, f"{applied[0]} callbacks were applied")
    untried("stack: a certificate from a public authority; the proxy made one up")
    untried("stack: Compose's `configs`, which podman-compose leaves out; the file was mounted")
    if stood_in:
        untried(
            f"stack: the images {', '.join(stood_in)} themselves; no registry is reached, Debian's packages stood in"
        )
    return f"podman-compose up: {count} healthy, TLS, two campaigns of {ROWS} rows, a door killed in one"


@contextlib.contextmanager
def running(program: Path, folder: Path, ports: dict[str, str]) -> Iterator[None]:
    """The stack while it is needed; its volumes go with it."""
    over = folder / "over.yml"
    over.write_text(OVER.format(folder=folder))
    (folder / "valkey.conf").write_text(_valkey_configuration())
    env = folder / "env"
    env.write_text(
        ENVIRONMENT.read_text()
        + "".join(f"{name}={port}\n" for name, port in ports.items())
        + "MMS_PUBLIC_URL=http://proxy\nMMS_LOG_FORMAT=json\n"
    )
    files = [word for file in (*FILES, over) for word in ("-f", str(file))]
    compose: tuple[str | Path, ...] = (program, "--env-file", env, "-p", PROJECT, *files)
    run(*compose, "down", "--volumes", more=environment())
    try:
        began = time.monotonic()
        run(*compose, "up", "--detach", "--no-build", more=environment())
        say(f"  up after {time.monotonic() - began:.0f} s")
        yield
    except WrongError as error:
        raise WrongError(f"{error}\n{_logs()}") from None
    finally:
        began = time.monotonic()
        unnamed = _unnamed_volumes()
        run(*compose, "down", "--volumes", more=environment())
        if unnamed:
            podman("volume", "rm", "--force", *unnamed)
        say(f"  down in {time.monotonic() - began:.0f} s")


def healthy() -> int:
    """Wait until every container that has a health check passes it: podman without systemd asks for none by itself."""
    deadline = time.monotonic() + SECONDS
    waiting = {
        each["Names"][0]
        for each in _containers()
        if json.loads(podman("inspect", each["Id"]))[0]["Config"].get("Healthcheck")
    }
    names = sorted(waiting)
    while waiting:
        expect(time.monotonic() < deadline, f"not healthy after {SECONDS} s: {sorted(waiting)}")
        for name in sorted(waiting):
            with contextlib.suppress(WrongError):
                podman("healthcheck", "run", name)
                waiting.discard(name)
    say(f"  healthy: {', '.join(name.removeprefix(f'{PROJECT}_') for name in names)}")
    return len(names)


def campaign(what: str, kill: str = "") -> None:
    """Send the example to its end; with `kill` that container is ended when the first rows are out."""
    made = json.loads(podman("exec", DOOR, *SUBMIT))
    deadline = time.monotonic() + SECONDS
    while True:
        shown = json.loads(podman("exec", DOOR, "mms", "campaign", "show", made["id"], "--json"))
        counts = {name: number for name, number in shown["counts"].items() if number}
        if kill and counts.get("queued", 0) + counts.get("sent", 0) + counts.get("delivered", 0) > 50:
            podman("kill", "--signal=KILL", kill)
            say(f"  {kill} killed at {counts}")
            kill = ""
        if counts.keys() <= {"delivered", "failed", "rejected", "skipped", "invalid"}:
            break
        expect(time.monotonic() < deadline, f"{what}: not settled after {SECONDS} s: {counts}")
    expect(not kill, f"{what}: over before a door was killed")
    expect(sum(counts.values()) == ROWS, f"{what}: {counts}")
    say(f"  campaign, {what}: {counts}")


def https(port: int, path: str, token: str = "") -> str:
    """What the proxy answers by TLS, its certificate judged by the authority that it made."""
    authority = podman("exec", f"{PROJECT}_proxy_1", "cat", "/data/caddy/pki/authorities/local/root.crt")
    request = urllib.request.Request(f"https://localhost:{port}{path}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    context = ssl.create_default_context(cadata=authority)
    with urllib.request.urlopen(request, context=context, timeout=30) as answer:  # noqa: S310
        text: str = answer.read().decode()
    return text


def given(name: str) -> str:
    """What the development's variables say."""
    found: str = re.findall(rf"^{name}=(.+)$", ENVIRONMENT.read_text(), re.MULTILINE)[0]
    return found


def _containers() -> list[dict[str, Any]]:
    label = f"label=io.podman.compose.project={PROJECT}"
    found: list[dict[str, Any]] = json.loads(podman("ps", "--all", "--filter", label, "--format=json"))
    return found


def _unnamed_volumes() -> list[str]:
    """Those that the image asks for and nobody named: podman-compose leaves them behind."""
    mounts = [
        mount for each in _containers() for mount in json.loads(podman("inspect", each["Id"]))[0]["Mounts"]
    ]
    return [mount["Name"] for mount in mounts if len(mount.get("Name", "")) == 64]


def _logs() -> str:
    """The last words of each container."""
    return "\n".join(
        f"== {each['Names'][0]}\n{podman('logs', '--tail=5', each['Id'], both=True)}"
        for each in _containers()
    )


def _valkey_configuration() -> str:
    text = (TOP / "docker-compose.yml").read_text()
    content: str = yaml.safe_load(text)["configs"]["valkey"]["content"]
    return re.sub(r"\$\{VALKEY_PASSWORD[^}]*\}", given("VALKEY_PASSWORD"), content)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
