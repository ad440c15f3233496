"""Namespaces of the kit's own, around a command: whatever ends it, kill -9 too, leaves nothing behind.

Processes, links, names of hosts, mounts: all of it hangs on the first process in there, which the kernel kills with
the one that started it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

#: A folder in memory, which only the processes in there see.
WORK = Path("/tmp/mms-cluster")  # noqa: S108 - it is empty outside, and of this process alone inside
#: Debian's iproute2, iptables and util-linux.
TOOLS = ("ip", "tc", "iptables", "mount", "unshare", "setpriv", "sh")
#: `sh` is the first process in there: it waits for all that lost their parents.
_SCRIPT = f'mkdir -p /run/netns {WORK} && mount -t tmpfs mms-cluster {WORK} && "$@"; exit $?'
_OWN = ("--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child")


def missing() -> str:
    """Why there can be no hosts here; empty when there can."""
    if lacks := [tool for tool in TOOLS if shutil.which(tool) is None]:
        return f"{', '.join(lacks)} is not installed"
    if os.geteuid() != 0:
        return "it needs root"
    tried = subprocess.run(enclosed("true"), capture_output=True, text=True, check=False)
    return f"no namespaces can be made here: {tried.stderr.strip()}" if tried.returncode else ""


def enclosed(*command: str) -> tuple[str, ...]:
    """The command, in namespaces of its own; it dies with the process that starts it."""
    return ("setpriv", "--pdeathsig", "KILL", "unshare", *_OWN, "sh", "-c", _SCRIPT, "sh", *command)
