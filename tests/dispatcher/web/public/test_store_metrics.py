"""The store in numbers: what an alert goes by is there, and says what is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from redis import Redis

from dispatcher.ledger.installation.last_backup import note_backup
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.views.overview import ALARMS
from dispatcher.web.public._store_metrics import store_metrics
from tests.lua import PRELUDES, SCRIPTS


def scraped(address: str, api: httpx.Client) -> dict[str, str]:
    """All samples of /metrics."""
    text = httpx.get(f"{address}/metrics", headers=api.headers, trust_env=False, verify=False).text
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def of(ledger: Ledger) -> dict[str, float]:
    """Those of the store, looked at now."""
    return {metric.name: metric.samples[""] for metric in store_metrics(ledger)}


def test_a_store_that_is_well_has_its_ticks_and_its_copy(ledger: Ledger, redis: Redis) -> None:
    assert of(ledger) == {
        "mms_claims_held": 0,
        "mms_replicas_expected": 0,
        "mms_replicas_attached": 0,
        "mms_replicas_needed": 0,
        "mms_waits_for_recovery": 0,
        "mms_last_tick_timestamp_seconds": 0,
        "mms_last_backup_timestamp_seconds": 0,
    }
    ledger.recovery.ticked(0)
    note_backup(redis, 1_764_345_600_250, 3)
    told = of(ledger)
    assert abs(told["mms_last_tick_timestamp_seconds"] - ledger.agenda.now_ms() / 1000) < 60
    assert told["mms_last_backup_timestamp_seconds"] == 1_764_345_600.25


def test_what_keeps_a_claim_from_being_granted_is_a_number_of_its_own(ledger: Ledger, redis: Redis) -> None:
    redis.hset(keys.REPLICAS, "n", 2)
    told = of(ledger)
    assert (told["mms_claims_held"], told["mms_replicas_attached"]) == (1, 0)
    assert (told["mms_replicas_expected"], told["mms_replicas_needed"]) == (2, 1)
    ledger.recovery.mark("told")
    assert of(ledger)["mms_waits_for_recovery"] == 1


def test_every_alarm_that_is_counted_anywhere_is_a_counter_from_the_start(
    address: str, api: httpx.Client, repository: Path
) -> None:
    python = [path.read_text("utf-8") for path in (repository / "dispatcher").rglob("*.py")]
    lua = [path.read_text("utf-8") for path in (*SCRIPTS.values(), *PRELUDES.values())]
    counted = set(re.findall(r"""\balarm\(['"](\w+)['"]\)""", "\n".join([*python, *lua])))
    counted |= set(re.findall(r'_denied\(runtime, "(\w+)"\)', "\n".join(python)))
    surprises = re.search(r"local SURPRISE = \{(.*?)\}", "\n".join(lua), re.DOTALL)
    assert surprises
    counted |= set(re.findall(r"'(\w+)'", surprises[1]))
    assert counted == set(ALARMS)
    shown = scraped(address, api)
    assert {shown[f'mms_alarms_total{{what="{what}"}}'] for what in ALARMS} == {"0"}


@pytest.fixture
def alerts(repository: Path) -> list[dict[str, Any]]:
    """The rules as Prometheus reads them."""
    read = yaml.safe_load((repository / "deploy/prometheus/alerts.yml").read_text("utf-8"))
    return [rule for group in read["groups"] for rule in group["rules"]]


def test_every_alert_goes_by_what_metrics_has_with_that_label(
    address: str, api: httpx.Client, ledger: Ledger, alerts: list[dict[str, Any]]
) -> None:
    samples = set(scraped(address, api))
    names = {re.sub(r"\{.*", "", sample) for sample in samples}
    for alert in alerts:
        asked = re.findall(r"\b(mms_\w+)(?:\{(\w+)=~?\"([^\"]+)\"\})?", alert["expr"])
        assert asked or alert["alert"] == "MmsDown", alert["alert"]
        for name, label, values in asked:
            assert name in names, f"{alert['alert']}: {name}"
            for value in filter(None, values.split("|")):
                assert f'{name}{{{label}="{value}"}}' in samples, f"{alert['alert']}: {value}"


def test_every_alert_has_its_section_in_their_order_and_leads_to_it(
    alerts: list[dict[str, Any]], repository: Path
) -> None:
    page = (repository / "docs" / "runbooks.md").read_text("utf-8")
    sections = re.split(r"^## (\w+)$", page, flags=re.MULTILINE)
    assert [alert["alert"] for alert in alerts] == sections[1::2]
    for alert in alerts:
        assert alert["annotations"]["runbook_url"] == f"docs/runbooks.md#{alert['alert'].lower()}"
        assert alert["labels"]["severity"] in {"page", "ticket"}
    for name, text in zip(sections[1::2], sections[2::2], strict=True):
        for part in ("**You see**", "**Why**", "**Over**"):
            assert part in text, f"{name}: {part}"


def test_the_operations_page_names_every_metric_and_no_other(
    address: str, api: httpx.Client, repository: Path
) -> None:
    names = {re.sub(r"(_bucket|_sum|_count)?(\{.*)?$", "", sample) for sample in scraped(address, api)}
    text = (repository / "docs" / "operations.md").read_text("utf-8")
    assert set(re.findall(r"`(mms_\w+)`", text)) == names | {"mms_queue_waiting"}
