"""Podman, and the images that ours and the stack build upon: pulled, or stood in for where no registry is reached."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from packages.tools import FOLDER
from packages.trying import NotHereError, WrongError, needed, run, say

IMAGE = "localhost/mms-dispatcher"
PROGRAMS = "podman runc netavark aardvark-dns catatonit"
SUITE = "trixie"
#: Files and processes of a container; podman's own defaults need a right that not every root has.
ENOUGH = 10_000
#: What stands in for an image: Debian, these packages of it, and a further line of the Dockerfile.
STAND_INS = {
    "python:3.12-slim": ("python3 python3-pip python3-venv", "RUN ln -s python3 /usr/bin/python"),
    "valkey/valkey:9": ("valkey-server valkey-tools", "WORKDIR /data"),
    "caddy:2": (
        "caddy",
        "ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data\n"
        'CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]',
    ),
}


def podman(*arguments: str | Path, seconds: float = 600, both: bool = False) -> str:
    """What podman says, set up for this machine. Raises WrongError, NotHereError."""
    return run(needed("podman", PROGRAMS), *arguments, more=environment(), seconds=seconds, both=both)


def environment() -> dict[str, str]:
    """Podman's configuration here: limits that this user may set, and runc where crun cannot work (both cgroups)."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / "containers.conf"
    limits = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
    hard = {name: resource.getrlimit(number)[1] for name, number in limits.items()}
    most = {
        name: ENOUGH if limit == resource.RLIM_INFINITY else min(limit, ENOUGH)
        for name, limit in hard.items()
    }
    known = [f'"{name}={limit}:{limit}"' for name, limit in most.items()]
    runtime = '[engine]\nruntime = "runc"\n' if os.path.ismount("/sys/fs/cgroup/unified") else ""
    file.write_text(f"{runtime}[containers]\ndefault_ulimits = [{', '.join(known)}]\n")
    return {"CONTAINERS_CONF": str(file)}


def base_images() -> list[str]:
    """See to it that every base image is there; answers those that are stood in for. Raises NotHereError."""
    stood_in = [name for name in STAND_INS if not _pulled(name)]
    missing = [name for name in stood_in if not _is_there(f"localhost/{name}")]
    if missing:
        _build_stand_ins(missing)
    return stood_in


def debian(suite: str, tag: str, *packages: str) -> None:
    """Make an image of Debian with these packages, unless it is there. Raises NotHereError."""
    if _is_there(tag):
        return
    bootstrap = needed("debootstrap", f"debootstrap {PROGRAMS}")
    if os.geteuid() != 0:
        raise NotHereError("only root can build images out of Debian's packages")
    with tempfile.TemporaryDirectory() as work:
        include = ",".join(["ca-certificates", *packages])
        run(bootstrap, "--variant=minbase", f"--include={include}", suite, f"{work}/root")
        run("tar", "-C", f"{work}/root", "-cf", f"{work}/root.tar", ".")
        podman("import", "--quiet", f"{work}/root.tar", tag)


def trusted_certificates(folder: Path) -> str:
    """Put what pip trusts here into the folder of a build; the lines of a Dockerfile that make it trusted there."""
    trusted = os.environ.get("PIP_CERT", "")
    if not trusted:
        return ""
    shutil.copy(trusted, folder / "trusted.crt")
    kept = "/etc/ssl/certs/ca-certificates.crt"
    return f"COPY trusted.crt {kept}\nENV PIP_CERT={kept}\n"


def _pulled(name: str) -> bool:
    try:
        podman("pull", "--quiet", name, seconds=300)
    except WrongError:
        return False
    return True


def _is_there(image: str) -> bool:
    try:
        podman("image", "exists", image)
    except WrongError:
        return False
    return True


def _build_stand_ins(names: Iterable[str]) -> None:
    say(f"  no registry is reached: Debian {SUITE} stands in for {', '.join(names)}")
    debian(SUITE, f"localhost/debian:{SUITE}")
    for name in names:
        packages, line = STAND_INS[name]
        install = f"apt-get update -qq && apt-get install -y -qq --no-install-recommends {packages}"
        with tempfile.TemporaryDirectory() as work:
            certificates = trusted_certificates(Path(work))
            file = Path(work, "Dockerfile")
            file.write_text(f"FROM localhost/debian:{SUITE}\nRUN {install}\n{certificates}{line}\n")
            podman("build", "--quiet", "--network=host", f"--tag=localhost/{name}", f"--file={file}", work)
