"""How far back CarrierX's list is read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dispatcher.carrierx.pagination import ListPage
from dispatcher.pipeline.recovery._provider_history import read_history
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.dispatcher.pipeline.receipts.test_status_mapping import status
from tests.factories import START_MS


def test_the_list_is_read_until_a_page_is_ten_minutes_older_than_the_copy(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ages_ms = [0, 599_999, 600_000, 600_001, 700_000]
    orders: list[str] = []

    def list_messages(*, order: str = "", filter: str = "", **options: Any) -> ListPage[Any]:
        if filter:
            return ListPage((), 0, 0, False)
        created = datetime.fromtimestamp((START_MS - ages_ms[len(orders)]) / 1000, UTC)
        orders.append(order)
        return ListPage((status("sent", date_created=created.isoformat()),), len(orders), 1, True)

    monkeypatch.setattr(runtime.carrierx, "list_messages", list_messages)
    history = read_history(runtime, START_MS)
    assert (history.seen, history.unread) == (4, "")
    assert set(orders) == {"date_created desc"}
