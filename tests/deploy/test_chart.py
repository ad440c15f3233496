"""The chart asks for what there is: commands of `mms up`, settings, keys of a Secret; its values fit its own schema."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from dispatcher.queues import QUEUE_NAMES
from dispatcher.settings import Settings
from dispatcher.stack.healthcheck import SERVICES
from dispatcher.stack.services import flower_arguments, worker_arguments

CHART = Path(__file__).parents[2] / "deploy" / "helm" / "mms-dispatcher"
#: What the chart decides: the image's folder, and ports and addresses inside of a pod.
DECIDED = {"data_dir", "web_host", "web_port", "flower_port"}
SECRET = {"redis_url", "broker_url"} | {
    name for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """What values must look like."""
    found: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
    return found


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    """What is asked for when nothing is said."""
    found: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    return found


def merged(below: Any, above: Any) -> Any:
    """Values as Helm lays one file over another."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {
        **below,
        **{name: merged(below[name], value) if name in below else value for name, value in above.items()},
    }


def commands() -> dict[str, tuple[str, ...]]:
    """The command of each part, out of the templates: `list "python" "-m" …`."""
    found = {}
    for file in (CHART / "templates").glob("*.yaml"):
        for line in re.findall(r"\$command := list (.+?) }}", file.read_text()):
            found[file.stem] = tuple(re.findall(r'"([^"]+)"|(\$queue)', line)[1:])
    return {part: tuple(text or variable for text, variable in words) for part, words in found.items()}


def test_each_part_runs_with_the_arguments_that_mms_up_gives_it(values: dict[str, Any]) -> None:
    assert commands() == {
        "web": ("-m", "dispatcher.web"),
        "control": worker_arguments("control", beat=True),
        "workers": worker_arguments("$queue"),
        "flower": flower_arguments("0.0.0.0", 5555),
    }
    assert {*values["workers"], "control"} == set(QUEUE_NAMES)
    assert {*values["workers"], "control"} <= set(SERVICES)


def test_every_setting_is_the_charts_own_a_secret_or_may_be_set(schema: dict[str, Any]) -> None:
    may_be_set = set(schema["properties"]["settings"]["properties"])
    assert may_be_set == set(Settings.model_fields) - DECIDED - SECRET


def test_whatever_is_secret_may_be_a_key_of_the_secret_and_nothing_else(schema: dict[str, Any]) -> None:
    keys = schema["properties"]["secrets"]["properties"]["settings"]["items"]["enum"]
    assert set(keys) == SECRET


@pytest.mark.parametrize("file", sorted((CHART / "ci").iterdir()), ids=lambda file: file.stem)
def test_the_values_fit_the_schema(file: Path, schema: dict[str, Any], values: dict[str, Any]) -> None:
    jsonschema_rs.meta.validate(schema)
    given = yaml.safe_load(file.read_text())
    jsonschema_rs.Draft7Validator(schema).validate(merged(values, given))
    Settings(**{"redis_url": "redis://a", **given.get("settings", {})})


@pytest.mark.parametrize(
    "wrong",
    [
        {"settings": {"acount_rate": "1/s"}},
        {"settings": {"carrierx_token": "a-secret"}},
        {"settings": {"max_rows": "many"}},
        {"secrets": {"settings": ["carrierx_token"]}},
        {"web": {"replicas": "2"}},
        {"web": {"ingress": {"enabled": True}}},
        {"control": {"replicas": 0}},
        {"redis": {"enabled": True}},
    ],
    ids=str,
)
def test_what_there_is_not_is_refused(
    wrong: dict[str, Any], schema: dict[str, Any], values: dict[str, Any]
) -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.Draft7Validator(schema).validate(merged(values, wrong))


def test_the_chart_is_of_the_projects_version(repository: Path) -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    assert chart["version"] == chart["appVersion"] == project["version"]
    assert f"ARG VERSION={project['version']}\n" in (repository / "Dockerfile").read_text()


def test_what_send_workers_are_scaled_by_is_a_metric(repository: Path) -> None:
    scaling = (CHART / "templates" / "scaling.yaml").read_text()
    (metric,) = re.findall(r"valueLocation: (\w+)", scaling)
    modules = (repository / "dispatcher" / "web" / "public").glob("*.py")
    assert any(f'"{metric}"' in module.read_text() for module in modules)


def test_the_user_of_pods_is_the_images(repository: Path) -> None:
    (uid,) = re.findall(r"useradd .*--uid (\d+)", (repository / "Dockerfile").read_text())
    pod = (CHART / "templates" / "_pod.tpl").read_text()
    assert re.findall(r"(?:runAsUser|runAsGroup|fsGroup): (\d+)", pod) == [uid] * 3


def test_a_worker_has_time_to_answer_for_what_is_in_flight(values: dict[str, Any]) -> None:
    for worker in values["workers"].values():
        assert worker["terminationGracePeriodSeconds"] > Settings.model_fields["read_timeout"].default


def test_a_spool_has_room_for_what_may_be_spooled(values: dict[str, Any]) -> None:
    assert values["web"]["spool"]["size"] == "1Gi"
    assert Settings.model_fields["spool_mb"].default < 1024
