"""The files that are laid over docker-compose.yml: they harden, publish and replace its services, and invent none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dispatcher.settings import Settings
from tests.test_compose import FOREIGN, resolved

COMPOSE = Path(__file__).parents[2] / "deploy" / "compose"
#: What Compose reads and no setting of ours is.
OF_THE_PROXY = {
    "MMS_TLS",
    "MMS_TLS_FOLDER",
    "MMS_HTTP_PORT",
    "MMS_HTTPS_PORT",
    "MMS_DOORS",
    "MMS_FRONT_NETWORK",
}


class Loader(yaml.SafeLoader):
    """Reads `!reset`, with which Compose forgets what the file below says, as None."""


Loader.add_constructor("!reset", lambda *_: None)


def overlay(name: str) -> dict[str, Any]:
    """A file as Compose reads it, its required variables given."""
    found: dict[str, Any] = yaml.load(resolved((COMPOSE / name).read_text()), Loader)  # noqa: S506 - a safe one
    return found


@pytest.fixture(scope="module")
def below(repository: Path) -> dict[str, Any]:
    """The services of docker-compose.yml."""
    found: dict[str, Any] = yaml.safe_load(resolved((repository / "docker-compose.yml").read_text()))
    return dict(found["services"])


@pytest.mark.parametrize(("name", "new"), [("production.yml", "proxy"), ("development.yml", "simulator")])
def test_every_service_is_covered_and_one_is_new(name: str, new: str, below: dict[str, Any]) -> None:
    services = overlay(name)["services"]
    assert set(services) | {"valkey"} == set(below) | {new}
    assert [
        each for each in services if each != new and {"image", "command", "build"} & services[each].keys()
    ] == []


def test_in_production_every_part_of_ours_and_the_proxy_may_write_and_do_nothing_that_it_need_not() -> None:
    services = overlay("production.yml")["services"]
    for name, service in services.items():
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["options"]["max-size"], name
        if name != "valkey":  # whose image begins as root
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name


def test_in_production_the_doors_are_reached_through_the_proxy_alone_which_reaches_nothing_else() -> None:
    services = overlay("production.yml")["services"]
    assert services["web"]["ports"] is None
    assert int(services["web"]["scale"]) == 2
    in_front = {name for name, service in services.items() if "front" in service.get("networks", ())}
    assert in_front == {"proxy", "web"}
    assert services["proxy"]["networks"] == ["front"]
    (network,) = overlay("production.yml")["networks"]["front"]["ipam"]["config"]
    assert services["web"]["environment"]["MMS_TRUSTED_PROXIES"] == network["subnet"]


@pytest.mark.parametrize("name", ["production.yml", "development.yml"])
def test_what_is_mounted_from_the_working_copy_is_there(name: str, repository: Path) -> None:
    for service in overlay(name)["services"].values():
        for volume in service.get("volumes", ()):
            source, _, target = volume.partition(":")
            if source.startswith(".") and target != "/tls:ro":
                assert (repository / source).exists(), volume
                assert target.endswith(":ro"), volume


@pytest.mark.parametrize("name", ["production.yml", "development.yml"])
def test_every_variable_is_a_setting_or_the_proxys(name: str) -> None:
    text = (COMPOSE / name).read_text()
    known = {f"MMS_{field.upper()}" for field in Settings.model_fields} | OF_THE_PROXY | FOREIGN
    assert set(re.findall(r"\$\{(\w+)", text)) <= known
    environment = {
        each for service in overlay(name)["services"].values() for each in service.get("environment", ())
    }
    assert {each for each in environment if each.startswith("MMS_")} <= known


def test_the_proxy_asks_the_doors_by_the_name_and_port_that_they_have(below: dict[str, Any]) -> None:
    caddy = (COMPOSE / "Caddyfile").read_text()
    assert re.findall(r"^\t+(?:name|port) (\w+)$", caddy, re.MULTILINE) == ["web", "8080"]
    assert below["web"]["environment"]["MMS_WEB_PORT"] == "8080"
    assert set(re.findall(r"\{\$(\w+)\}", caddy)) == set(
        overlay("production.yml")["services"]["proxy"]["environment"]
    )


def test_development_gives_all_that_is_required_and_only_settings(repository: Path) -> None:
    given = dict(re.findall(r"^(\w+)=(.+)$", (COMPOSE / "development.env").read_text(), re.MULTILINE))
    required = set(re.findall(r"\$\{(\w+):\?", (repository / "docker-compose.yml").read_text()))
    assert required <= given.keys()
    read = Settings(
        **{name.removeprefix("MMS_").lower(): value for name, value in given.items() if name not in FOREIGN}
    )
    assert (read.mode, read.carrierx_url) == ("simulate", "http://simulator:9000")
    command = overlay("development.yml")["services"]["simulator"]["command"]
    assert command[command.index("--port") + 1] == "9000"
    assert command[command.index("--token") + 1] == given["MMS_CARRIERX_TOKEN"]
