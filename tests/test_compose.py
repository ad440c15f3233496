"""docker-compose.yml and Dockerfile name commands, queues, variables and files that exist."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

from dispatcher.ledger.store.embedded import CONFIGURATION
from dispatcher.queues import QUEUE_NAMES
from dispatcher.settings import Settings
from dispatcher.sources import SWITCHED_OFF_BY_EMPTY
from dispatcher.stack import healthcheck
from dispatcher.stack.process_registry import GRACE_SECONDS
from dispatcher.stack.services import beat_arguments, drain_seconds, flower_arguments, worker_arguments

Service = dict[str, Any]

#: Variables that are Compose's own business and no setting of ours.
FOREIGN = {"VALKEY_PASSWORD", "REDISCLI_AUTH", "FLOWER_BASIC_AUTH"}


#: Settings that the services do not take from `.env`, and why.
DECIDED = {"MMS_DATA_DIR": "the image's /data, where the volumes are"}

_VARIABLE = re.compile(r"\$\{(\w+)(?:(:?[-?])([^${}]*))?\}")


def resolved(text: str, given: Mapping[str, str] = MappingProxyType({})) -> str:
    """The text as Compose reads it with these variables: `${X:-default}`, `${X-default}`, `${X:?why}`, one in another.

    A required one that is not given has some value.
    """

    def value(found: re.Match[str]) -> str:
        name, operator, default = found.groups()
        if name in given and (given[name] or operator != ":-"):
            return given[name]
        return f"value-of-{name}" if operator == ":?" else default or ""

    while (once := _VARIABLE.sub(value, text)) != text:
        text = once
    return text


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


def test_there_is_a_service_for_every_service_of_mms_up(services: dict[str, Service]) -> None:
    assert set(services) == set(QUEUE_NAMES) | {"valkey", "web", "beat", "flower"}


@pytest.mark.parametrize("queue", QUEUE_NAMES)
def test_each_worker_runs_with_the_arguments_that_mms_up_gives_it(
    services: dict[str, Service], queue: str
) -> None:
    assert tuple(services[queue]["command"]) == ("python", *worker_arguments(queue))


def test_beat_flower_and_web_run_with_the_arguments_that_mms_up_gives_them(
    services: dict[str, Service],
) -> None:
    assert tuple(services["beat"]["command"]) == (
        "python",
        *beat_arguments(Path("/data/beat/schedule")),
    )
    assert tuple(services["flower"]["command"]) == ("python", *flower_arguments("0.0.0.0", 5555))
    assert services["web"]["command"] == ["python", "-m", "dispatcher.web"]
    assert importlib.util.find_spec("dispatcher.web.__main__")


@pytest.mark.slow
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
        service["command"][3] for service in services.values() if "tasks.worker" in service["command"]
    }
    assert set(declared) == consumed
    assert set(routed) <= consumed


def test_every_variable_is_a_setting(text: str, services: dict[str, Service]) -> None:
    named = set(re.findall(r"\$\{(\w+)", text))
    for service in services.values():
        named |= set(service.get("environment", {}))
    known = {f"MMS_{name.upper()}" for name in Settings.model_fields}
    assert named - FOREIGN <= known


@pytest.mark.parametrize(
    "name", sorted({f"MMS_{name.upper()}" for name in Settings.model_fields} - DECIDED.keys())
)
def test_every_setting_in_the_env_file_reaches_every_service(text: str, name: str) -> None:
    services = yaml.safe_load(resolved(text, {name: "a-value-of-mine"}))["services"]
    if name in {
        "MMS_WEB_HOST",
        "MMS_WEB_PORT",
        "MMS_FLOWER_PORT",
    }:  # what the container listens on is its own affair
        published = [port for service in services.values() for port in service.get("ports", [])]
        assert [port for port in published if "a-value-of-mine" in port]
        return
    ours = {part for part in services if part != "valkey"}
    reached = {part for part in ours if services[part]["environment"].get(name) == "a-value-of-mine"}
    assert reached == ours, f"{name} does not reach {ours - reached}"


def test_no_service_gets_a_setting_that_there_is_not(services: dict[str, Service]) -> None:
    known = {f"MMS_{name.upper()}" for name in Settings.model_fields}
    given = {name for service in services.values() for name in service.get("environment", {})}
    assert given - FOREIGN <= known


def test_without_an_env_file_every_setting_has_its_default_but_the_format_of_logs(
    services: dict[str, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in services["send"]["environment"].items():
        if "value-of-" not in (value or ""):
            monkeypatch.setenv(name, value or "")
    assert Settings().model_dump(exclude={"log_format"}) == _defaults()


@pytest.mark.parametrize("name", SWITCHED_OFF_BY_EMPTY)
def test_an_answer_that_is_set_to_nothing_in_the_env_file_is_switched_off(
    text: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    variable = f"MMS_{name.upper()}"
    services = yaml.safe_load(resolved(text, {variable: ""}))["services"]
    monkeypatch.setenv(variable, services["send"]["environment"][variable] or "")
    assert getattr(Settings(), name) == ""


def _defaults() -> dict[str, Any]:
    found = Settings.model_construct().model_dump(exclude={"log_format"})
    return {name: value for name, value in found.items() if name in Settings.model_fields}


def test_flower_has_the_login_of_its_setting_or_the_admin_token(text: str) -> None:
    mine = yaml.safe_load(resolved(text, {"MMS_FLOWER_AUTH": "ann:words"}))["services"]["flower"]
    default = yaml.safe_load(resolved(text, {"MMS_ADMIN_TOKEN": "token"}))["services"]["flower"]
    assert mine["environment"]["FLOWER_BASIC_AUTH"] == "ann:words"
    assert default["environment"]["FLOWER_BASIC_AUTH"] == "admin:token"


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
            assert service["healthcheck"]["test"] == [
                "CMD",
                "python",
                "-m",
                "dispatcher.stack.healthcheck",
                name,
            ]
            assert name in healthcheck.SERVICES
            assert service["depends_on"] == {"valkey": {"condition": "service_healthy"}}
    assert "valkey-cli ping" in services["valkey"]["healthcheck"]["test"][1]


def test_a_part_is_given_the_time_to_record_what_it_has_in_flight(services: dict[str, Service]) -> None:
    needed = drain_seconds(Settings.model_construct()) + sum(GRACE_SECONDS.values())
    for service in services.values():
        if "MMS_READ_TIMEOUT" in service.get("environment", {}):
            assert int(service["stop_grace_period"].removesuffix("s")) > needed


def test_valkey_is_as_durable_as_the_embedded_one(compose: dict[str, Any]) -> None:
    lines = [line for line in compose["configs"]["valkey"]["content"].splitlines() if line[:1] != "#"]
    embedded = CONFIGURATION.splitlines()
    ours = [line for line in lines if line.split()[0] not in {"requirepass", "dir"}]
    assert [line for line in ours if line not in embedded] == []
    assert {"appendonly yes", "appendfsync always", "maxmemory-policy noeviction"} <= set(ours)


def test_no_secret_stands_in_a_command(text: str) -> None:
    """Command lines are seen by every user of a machine, those of health checks too."""
    fields = Settings.model_fields.items()
    secret = {f"MMS_{name.upper()}" for name, field in fields if "Secret" in str(field.annotation)}
    secret |= {"VALKEY_PASSWORD", "MMS_REDIS_URL", "MMS_BROKER_URL"}
    for service in yaml.safe_load(resolved(text, dict.fromkeys(secret, "a-secret-of-mine")))[
        "services"
    ].values():
        seen = json.dumps([service["command"], service["healthcheck"], service.get("entrypoint")])
        assert "a-secret-of-mine" not in seen
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


def test_two_projects_of_it_on_one_host_share_no_name_no_volume_and_no_port(text: str) -> None:
    east, west = (
        yaml.safe_load(resolved(text, {"MMS_WEB_PORT": web, "MMS_FLOWER_PORT": flower}))
        for web, flower in (("8080", "5555"), ("8081", "5556"))
    )
    ports = [
        {
            port.rsplit(":", 1)[0]
            for service in project["services"].values()
            for port in service.get("ports", ())
        }
        for project in (east, west)
    ]
    assert ports == [{"127.0.0.1:8080", "127.0.0.1:5555"}, {"127.0.0.1:8081", "127.0.0.1:5556"}]
    # Compose calls containers, networks and volumes after the project, unless the file gives them names of their own.
    assert all("container_name" not in service for service in east["services"].values())
    assert set(east["volumes"].values()) == {None}
    assert "networks" not in east
