"""RabbitMQ as a broker of one's own, with a real one."""

from __future__ import annotations

import pytest

from tasks.broker import Broker
from tests.rabbitmq import RabbitServer

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rabbitmq")]


def test_who_looks_finds_no_hints_where_nobody_has_declared_a_queue(rabbitmq: RabbitServer) -> None:
    broker = Broker(rabbitmq.add_host("empty"))
    assert set(broker.depths().values()) == {0}
    broker.close()
