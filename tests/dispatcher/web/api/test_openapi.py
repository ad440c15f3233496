from __future__ import annotations

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dispatcher.ledger.ledger import Ledger
from tests.dispatcher.web.conftest import TOKEN
from tests.factories import add_campaign

pytestmark = pytest.mark.slow

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EACH = 40


def test_no_call_whatever_it_carries_fails_or_answers_what_is_not_declared(
    address: str, ledger: Ledger
) -> None:
    add_campaign(ledger, id="spring-abc234")
    page = httpx.get(f"{address}/api/v1/openapi.json", trust_env=False, verify=False).json()
    schema = schemathesis.openapi.from_dict(page)
    schema.config.update(base_url=address)
    calls = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(calls) >= 15

    for call in calls:

        @settings(max_examples=EACH, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=call.as_strategy())
        def attempt(case: schemathesis.Case[Any]) -> None:
            answer = case.call(headers={"authorization": f"Bearer {TOKEN}"})
            case.validate_response(answer, checks=CHECKS)

        attempt()


def test_calls_that_can_answer_well_answer_as_declared(address: str, ledger: Ledger) -> None:
    campaign_id = add_campaign(ledger)
    page = httpx.get(f"{address}/api/v1/openapi.json", trust_env=False, verify=False).json()
    schema = schemathesis.openapi.from_dict(page)
    schema.config.update(base_url=address)
    for path in ("", "/recipients", "/recipients/{place}", "/report", "/errors"):
        call = schema[f"/api/v1/campaigns/{{campaign_id}}{path}"]["GET"]
        case = call.Case(path_parameters={"campaign_id": campaign_id, "place": "0.0"})
        answer = case.call(headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        case.validate_response(answer, checks=CHECKS)
