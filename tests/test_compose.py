"""docker-compose.yml and Dockerfile name commands, queues, variables and files that exist."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dispatcher.cli import alive, parts
from dispatcher.ledger.embedded import CONFIGURATION
from dispatcher.settings import Settings

Service = dict[str, Any]

#: Variables that are Compose's own business and no setting of ours.
FOREIGN = {"VALKEY_PASSWORD", "REDISCLI_AUTH", "FLOWER_BASIC_AUTH"}


def resolved(text: str) -> str:
    """The text as Compose reads it: `${X:-default}` is its default, `${X:?why}` some value."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    return re.sub(r"\$\{(\w+):\?[^}]*\}", r"value-of-\1", text)


@pytest.fixture(scope="module")
def text(repository: Path) -> str:
    """The file as it is written."""
    return (repository / "docker-compose.yml").read_text()


@pytest.fixture(scope="module")
def compose(text: str) -> dict[str, Any]:
    """The file as Compose reads it without any variable set but the required ones."""
    loaded: dict[str, Any] = yaml.safe_load(resolved(text))
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Service]:
    """The services by name."""
    found: dict[str, Service] = compose["services"]
    return found


def test_there_is_a_service_for_every_part_of_mms_up(services: dict[str, Service]) -> None:
    queues = {worker.queue for worker in parts.workers(1)}
    assert set(services) == queues | {"valkey", "web", "beat", "flower"}


@pytest.mark.parametrize("worker", parts.workers(2), ids=lambda worker: worker.queue)
def test_each_worker_runs_with_the_arguments_that_mms_up_gives_it(
    services: dict[str, Service], worker: parts.Worker
) -> None:
    assert tuple(services[worker.queue]["command"]) == ("celery", *worker.arguments)


def test_beat_flower_and_web_run_with_the_arguments_that_mms_up_gives_them(
    services: dict[str, Service],
) -> None:
    assert tuple(services["beat"]["command"]) == (
        "celery",
        *parts.beat_arguments(Path("/data/beat/schedule")),
    )
    assert tuple(services["flower"]["command"]) == ("celery", *parts.flower_arguments("0.0.0.0", 5555))
    assert services["web"]["command"] == ["python", "-m", "dispatcher.web"]
    assert importlib.util.find_spec("dispatcher.web.__main__")


def test_every_queue_that_is_declared_is_consumed_and_every_route_leads_to_one(
    services: dict[str, Service],
) -> None:
    code = (
        "import json, celeryconfig as c;"
        "print(json.dumps([[q.name for q in c.task_queues], [r['queue'] for r in c.task_routes.values()]]))"
    )
    environment = {**os.environ, "MMS_REDIS_URL": "redis://127.0.0.1:1/0"}
    answer = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True
    )
    declared, routed = json.loads(answer.stdout)
    consumed = {
        argument.partition("=")[2]
        for service in services.values()
        for argument in service["command"]
        if argument.startswith("--queues=")
    }
    assert set(declared) == consumed
    assert set(routed) <= consumed


def test_every_variable_is_a_setting(text: str, services: dict[str, Service]) -> None:
    named = set(re.findall(r"\$\{(\w+)", text))
    for service in services.values():
        named |= set(service.get("environment", {}))
    known = {f"MMS_{name.upper()}" for name in Settings.model_fields}
    assert named - FOREIGN <= known


def test_all_parts_share_ledger_secret_and_callback_key(services: dict[str, Service]) -> None:
    ours = [service for name, service in services.items() if name != "valkey"]
    for variable in ("MMS_REDIS_URL", "MMS_SECRET", "MMS_CALLBACK_KEY", "MMS_ADMIN_TOKEN"):
        assert len({service["environment"][variable] for service in ours}) == 1


def test_the_settings_can_be_read_from_each_services_environment(
    services: dict[str, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            monkeypatch.setenv(name, value or "")
        Settings()


def test_every_service_has_a_health_check_that_exists(services: dict[str, Service]) -> None:
    for name, service in services.items():
        if name != "valkey":
            assert service["healthcheck"]["test"] == ["CMD", "python", "-m", "dispatcher.cli.alive", name]
            assert name in alive.PARTS
            assert service["depends_on"] == {"valkey": {"condition": "service_healthy"}}
    assert "valkey-cli ping" in services["valkey"]["healthcheck"]["test"][1]


def test_valkey_is_as_durable_as_the_embedded_one(compose: dict[str, Any]) -> None:
    lines = [line for line in compose["configs"]["valkey"]["content"].splitlines() if line[:1] != "#"]
    embedded = CONFIGURATION.splitlines()
    ours = [line for line in lines if line.split()[0] not in {"requirepass", "dir"}]
    assert [line for line in ours if line not in embedded] == []
    assert {"appendonly yes", "appendfsync always", "maxmemory-policy noeviction"} <= set(ours)


def test_no_secret_stands_in_a_command(text: str, services: dict[str, Service]) -> None:
    for service in services.values():
        assert "value-of-" not in json.dumps(service["command"])
    assert re.findall(r"(?:TOKEN|SECRET|KEY|PASSWORD): [\"']?\w", text) == []


def test_only_console_and_flower_are_published_and_only_to_this_machine(services: dict[str, Service]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8080:8080"], "flower": ["127.0.0.1:5555:5555"]}


def test_the_image_is_built_from_files_that_exist_and_are_not_ignored(repository: Path) -> None:
    allowed = set(re.findall(r"^!(.+)$", (repository / ".dockerignore").read_text(), re.MULTILINE))
    copied: set[str] = set()
    for line in (repository / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            copied |= set(line.split()[1:-1])
    assert copied == allowed
    assert all((repository / name).exists() for name in copied)


def test_what_must_outlive_a_container_lies_in_a_named_volume(
    compose: dict[str, Any], services: dict[str, Service]
) -> None:
    kept = {name: service["volumes"] for name, service in services.items() if "volumes" in service}
    assert kept == {"valkey": ["valkey:/data"], "control": ["control:/data"], "web": ["web:/data"]}
    assert set(compose["volumes"]) == set(kept)
