"""The files of deploy/compose/ as Docker's own Compose reads them, one over the other."""

from __future__ import annotations

import json
import shutil

from packages.trying import DEPLOY, NotHereError, WrongError, expect, run

BASE = "docker-compose.yml"
ENVIRONMENT = DEPLOY / "compose" / "development.env"
#: Since then a file may take back what the one below publishes (`!reset`).
OLDEST = (2, 24)


def try_overlays() -> str:
    """Read docker-compose.yml alone and under each; answers which Compose did."""
    compose, version = _compose()
    for name in ("development.yml", "production.yml"):
        files = ("-f", BASE, "-f", f"deploy/compose/{name}")
        said = run(*compose, "--env-file", ENVIRONMENT, *files, "config", "--format", "json")
        services = json.loads(said)["services"]
        if name == "production.yml":
            door = services["web"]
            expect(not door.get("ports"), f"a door is published: {door.get('ports')}")
            expect((door["scale"], door["read_only"]) == (2, True), f"a door: {door}")
    return f"Compose {version} reads development and production"


def _compose() -> tuple[tuple[str, ...], str]:
    """Its command and version. Raises NotHereError."""
    for command in (("docker", "compose"), ("docker-compose",)):
        if shutil.which(command[0]):
            try:
                version = run(*command, "version", "--short").lstrip("v")
            except WrongError:
                continue
            if tuple(map(int, version.split(".")[:2])) >= OLDEST:
                return command, version
    raise NotHereError(f"there is no Compose {'.'.join(map(str, OLDEST))} or later: docker-compose-plugin")
