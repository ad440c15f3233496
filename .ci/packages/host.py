"""A host with systemd, in a container: `mms-up` as installed there, with everything that its unit forbids."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from release import build

from packages.containers import debian, podman, trusted_certificates
from packages.trying import DEPLOY, TOP, expect, needed, say

BASE, IMAGE, HOST = "localhost/debian:systemd", "localhost/mms-host", "mms-packages-host"
#: Its systemd runs beside either kind of cgroups, or both.
SUITE = "bookworm"
#: As deploy/README.md says it.
INSTALL = """
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv procps
COPY requirements.lock *.whl /from/
RUN python3 -m venv /opt/mms && cd /opt/mms/bin && ./pip install -q --require-hashes -r /from/requirements.lock && \
    ./pip install -q --no-deps /from/*.whl
COPY systemd /from/systemd
RUN cp -r /from/systemd/*.service /from/systemd/mms-.service.d /etc/systemd/system/ && \
    install -D -m 0644 /from/systemd/mms.sysusers.conf /etc/sysusers.d/mms.conf && systemd-sysusers && \
    install -d -m 0700 /etc/mms/secrets && echo simulated >/etc/mms/secrets/carrierx_token && \
    echo OPTIONS=--simulate >/etc/mms/mms.env
CMD ["/sbin/init"]
"""
SUBMIT = (
    "runuser -u mms -- env MMS_DATA_DIR=/var/lib/mms /opt/mms/bin/mms campaign submit --wait=settled "
    "/opt/mms/lib/python3*/site-packages/dispatcher/examples/demo.csv"
)
FORBIDDEN = {
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "MemoryDenyWriteExecute=yes",
    "RestrictNamespaces=yes",
}


def try_host() -> str:
    """Start it, send the example through it, stop it."""
    needed("podman", "podman")
    _build()
    with _host():
        on_host("mount --make-rshared /")  # credentials are mounted for a unit from outside of it
        began = time.monotonic()
        on_host("systemctl start mms-up || { journalctl -u mms-up --no-pager; false; }")
        say(f"  mms-up says that it is ready after {time.monotonic() - began:.0f} s")
        said = on_host(f"cd / && {SUBMIT}")
        delivered = [int(number) for number in re.findall(r"delivered\W+(\d+)", said)]
        expect(bool(delivered) and delivered[-1] > 500, said)
        forbids = set(on_host("systemctl show mms-up").splitlines())
        expect(forbids >= FORBIDDEN, f"not forbidden: {FORBIDDEN - forbids}")
        began = time.monotonic()
        on_host("systemctl stop mms-up")
        seconds = time.monotonic() - began
        expect(on_host("systemctl show mms-up -p Result") == "Result=success", "the stop failed")
        expect(on_host("pgrep -u mms || true") == "", "something of it is left")
    return (
        f"mms-up under systemd, its token a credential: {delivered[-1]} delivered, stopped in {seconds:.0f} s"
    )


def on_host(command: str) -> str:
    """What a shell there prints."""
    return podman("exec", HOST, "sh", "-c", command)


def _build() -> None:
    debian(SUITE, BASE, "systemd", "systemd-sysv", "dbus")
    with tempfile.TemporaryDirectory() as work:
        build(Path(work))
        shutil.copy(TOP / "requirements.lock", work)
        shutil.copytree(DEPLOY / "systemd", Path(work, "systemd"))
        file = Path(work, "Dockerfile")
        file.write_text(f"FROM {BASE}\n{trusted_certificates(Path(work))}{INSTALL}")
        podman("build", "--quiet", "--network=host", f"--tag={IMAGE}", f"--file={file}", work)


@contextlib.contextmanager
def _host() -> Iterator[None]:
    """The host while it is needed; what runs on it is seen by nobody else."""
    podman("rm", "--force", "--ignore", HOST)
    cgroup = "/sys/fs/cgroup/systemd"
    mounts = [f"--volume={cgroup}:{cgroup}"] if Path(cgroup).is_dir() else []
    podman("run", "--detach", f"--name={HOST}", "--privileged", "--systemd=always", *mounts, IMAGE)
    try:
        on_host("systemctl is-system-running --wait || true")
        yield
    finally:
        podman("rm", "--force", "--time=10", HOST)
