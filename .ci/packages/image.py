"""The image: built, weighed, and run without any right."""

from __future__ import annotations

import json

from packages.containers import IMAGE, base_images, podman
from packages.trying import TOP, expect, run, say, untried

#: MB that we add to the base image; 118 before what debuggers read was taken out.
MOST_MB = 100
PYTHON = "python:3.12-slim"
#: What it must be able to do as nobody, on a read-only root, without capabilities and network.
LOOK = "id -u; mms --help >/dev/null && echo helps; touch /opt/mms/x 2>/dev/null || echo cannot write"


def try_image() -> str:
    """Build it on the base that is to be had; answers what it weighs."""
    stood_in = base_images()
    revision = run("git", "rev-parse", "HEAD")
    podman("build", "--network=host", f"--build-arg=REVISION={revision}", f"--tag={IMAGE}", TOP, seconds=1500)
    found = json.loads(podman("image", "inspect", IMAGE))[0]
    labels, user = found["Labels"], found["Config"]["User"]
    expect(labels["org.opencontainers.image.revision"] == revision, f"labels: {labels}")
    expect(user == "mms", f"runs as {user}")
    said = podman("run", "--rm", "--read-only", "--cap-drop=all", "--network=none", IMAGE, "sh", "-c", LOOK)
    expect(said.split("\n")[:2] == ["10001", "helps"], said)
    expect("cannot write" in said, said)
    sizes = [layer["size"] for layer in json.loads(podman("history", "--format=json", IMAGE))]
    ours = sum(sizes[: _own_layers()]) / 1e6
    say(f"  {ours:.0f} MB of ours, {found['Size'] / 1e6:.0f} MB with the base")
    expect(ours < MOST_MB, f"{ours:.0f} MB are ours, {MOST_MB} are allowed")
    if PYTHON in stood_in:
        untried(f"image: on {PYTHON} itself; no registry is reached, Debian's Python stood in")
    return f"podman build: {ours:.0f} MB of ours, user {user}, read-only root, no capabilities"


def _own_layers() -> int:
    """How many lines of the Dockerfile's last stage make layers, empty ones among them."""
    last = (TOP / "Dockerfile").read_text().rpartition("FROM ")[2].replace("\\\n", "")
    words = ("ARG", "LABEL", "RUN", "COPY", "ENV", "USER", "WORKDIR", "VOLUME", "STOPSIGNAL", "CMD")
    return sum(line.split(" ")[0] in words for line in last.splitlines())
