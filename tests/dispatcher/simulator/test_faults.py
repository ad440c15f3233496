"""Each kind of misbehaviour, over real HTTP."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from dispatcher.carrierx.client import CarrierX
from dispatcher.errors import NotSent, OutcomeUnknown, Refused, Throttled, Unauthorized
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.faults import Faults
from dispatcher.simulator.launch import running_simulator
from tests.dispatcher.carrierx.stub import NUMBER, OTHER, SENDER, outgoing
from tests.dispatcher.simulator.receiver import Receiver


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        ({"unauthorized": True}, Unauthorized, 0),
        ({"throttle_share": 1}, Throttled, 0),
        ({"conflict_share": 1}, Throttled, 0),
        ({"refuse_share": 1}, Refused, 0),
        ({"error_before_share": 1}, OutcomeUnknown, 0),
        ({"error_after_share": 1}, OutcomeUnknown, 1),
        ({"reset_before_share": 1}, OutcomeUnknown, 0),
        ({"reset_after_share": 1}, OutcomeUnknown, 1),
        ({"wrong_body_share": 1}, OutcomeUnknown, 1),
    ],
)
def test_a_fault_ends_the_post_and_the_message_is_taken_or_not(
    client: CarrierX, simulator: SimulatorHandle, fault: dict[str, Any], error: type[Exception], taken: int
) -> None:
    simulator.set_faults(**fault)
    with pytest.raises(error):
        client.send(outgoing())
    assert simulator.received().times(NUMBER) == taken


def test_a_slow_answer_is_taken_and_times_out(simulator: SimulatorHandle) -> None:
    simulator.set_faults(slow_share=1, slow_ms=10_000)
    with pytest.raises(OutcomeUnknown):
        CarrierX(simulator.url, simulator.token, read_timeout=0.1).send(outgoing())
    assert simulator.received().times(NUMBER) == 1


def test_a_429_says_when_to_come_back(client: CarrierX, simulator: SimulatorHandle) -> None:
    simulator.set_faults(throttle_share=1, retry_after="7")
    with pytest.raises(Throttled) as caught:
        client.send(outgoing())
    assert caught.value.retry_after == 7


def test_above_the_rate_it_is_429(client: CarrierX, simulator: SimulatorHandle) -> None:
    simulator.set_faults(throttle_above=1)
    outcomes = set()
    for index in range(5):
        try:
            outcomes.add(client.send(outgoing(user_data=f"u.{index}")).status)
        except Throttled:
            outcomes.add("429")
    assert outcomes == {"queued", "429"}


def test_a_share_hits_the_same_messages_in_every_run() -> None:
    runs = []
    for _ in range(2):
        with running_simulator(Faults(seed=7, refuse_share=0.3)) as simulator:
            runs.append([_refused(CarrierX(simulator.url, simulator.token), index) for index in range(60)])
    assert runs[0] == runs[1]
    assert 5 < sum(runs[0]) < 35


def _refused(client: CarrierX, index: int) -> bool:
    try:
        client.send(outgoing(user_data=f"u.{index}"))
    except Refused:
        return True
    return False


def test_a_message_that_is_tried_again_has_a_new_fate(client: CarrierX, simulator: SimulatorHandle) -> None:
    simulator.set_faults(throttle_share=0.5)
    outcomes = set()
    for _ in range(30):
        try:
            outcomes.add(client.send(outgoing()).status)
        except Throttled:
            outcomes.add("429")
    assert outcomes == {"queued", "429"}


def test_latency_holds_the_answer_back(client: CarrierX, simulator: SimulatorHandle) -> None:
    simulator.set_faults(latency_ms=80)
    before = time.monotonic()
    client.send(outgoing())
    assert time.monotonic() - before >= 0.08


def test_a_failed_message_is_called_back_as_failed(
    client: CarrierX, simulator: SimulatorHandle, receiver: Receiver
) -> None:
    simulator.set_faults(fail_share=1)
    client.send(outgoing())
    simulator.wait_for_callbacks()
    assert receiver.words() == ["sent", "failed"]


def test_an_undelivered_message_stays_sent(
    client: CarrierX, simulator: SimulatorHandle, receiver: Receiver
) -> None:
    simulator.set_faults(undelivered_share=1)
    client.send(outgoing())
    simulator.wait_for_callbacks()
    assert receiver.words() == ["sent"]


def test_callbacks_are_repeated(client: CarrierX, simulator: SimulatorHandle, receiver: Receiver) -> None:
    simulator.set_faults(repeat_share=1)
    client.send(outgoing())
    simulator.wait_for_callbacks()
    assert sorted(receiver.words()) == ["delivered", "delivered", "sent", "sent"]


def test_callbacks_are_shuffled(client: CarrierX, simulator: SimulatorHandle, receiver: Receiver) -> None:
    simulator.set_faults(shuffle_share=1)
    sid = client.send(outgoing()).message_sid
    simulator.wait_for_callbacks()
    assert receiver.words() == ["delivered", "sent"]
    status = client.get_message(sid)
    assert status is not None
    assert status.status == "delivered"


def test_an_early_callback_is_over_before_the_posts_answer(
    client: CarrierX, simulator: SimulatorHandle, receiver: Receiver
) -> None:
    simulator.set_faults(early_share=1)
    client.send(outgoing())
    assert receiver.words()[:1] == ["sent"]


def test_lost_callbacks_never_come_but_the_message_goes_on(
    client: CarrierX, simulator: SimulatorHandle, receiver: Receiver
) -> None:
    simulator.set_faults(lost_share=1)
    sid = client.send(outgoing()).message_sid
    assert simulator.wait_for_callbacks().callbacks["lost"] == 2
    assert receiver.bodies == []
    status = client.get_message(sid)
    assert status is not None
    assert status.status == "delivered"


def test_late_callbacks_come_after_the_next_word(
    client: CarrierX, simulator: SimulatorHandle, receiver: Receiver
) -> None:
    simulator.set_faults(late_share=1, late_ms=50)
    client.send(outgoing())
    simulator.wait_for_callbacks()
    assert sorted(receiver.words()) == ["delivered", "sent"]


def test_callbacks_come_without_user_data(
    client: CarrierX, simulator: SimulatorHandle, receiver: Receiver
) -> None:
    simulator.set_faults(no_user_data_share=1)
    for index in range(12):
        client.send(outgoing(user_data=f"u.{index}"))
    simulator.wait_for_callbacks()
    assert {body["user_data"] for body in receiver.bodies} == {None, "null"}


def test_groups_are_called_back_once_a_message(
    client: CarrierX, simulator: SimulatorHandle, receiver: Receiver
) -> None:
    simulator.set_faults(group_receipts="message")
    client.send(outgoing(to=(NUMBER, OTHER)))
    simulator.wait_for_callbacks()
    assert [(body["to"], body["status"]) for body in receiver.bodies] == [
        (OTHER, "sent"),
        (OTHER, "delivered"),
    ]


@pytest.mark.parametrize(("fault", "ending"), [("legacy_names", "_did"), ("spaced_keys", " ")])
def test_callbacks_come_in_other_spellings(
    client: CarrierX, simulator: SimulatorHandle, receiver: Receiver, fault: str, ending: str
) -> None:
    spelling: dict[str, Any] = {fault: True}
    simulator.set_faults(**spelling)
    client.send(outgoing())
    simulator.wait_for_callbacks()
    assert receiver.bodies[0][f"from{ending}"] == SENDER
    assert receiver.bodies[0][f"to{ending}"] == NUMBER
    assert "from" not in receiver.bodies[0]


def test_a_callback_that_is_not_taken_is_repeated_as_often_as_told(
    client: CarrierX, simulator: SimulatorHandle, receiver: Receiver
) -> None:
    simulator.set_faults(callback_retries=2, callback_retry_ms=1, undelivered_share=1)
    receiver.statuses = [503, 503]
    client.send(outgoing())
    assert simulator.wait_for_callbacks().callbacks["answered"] == 1
    assert receiver.words() == ["sent", "sent", "sent"]


def test_a_receiver_that_is_not_there_is_given_up_on(client: CarrierX, simulator: SimulatorHandle) -> None:
    with running_simulator(callback_url="http://127.0.0.1:9/nobody") as lonely:
        CarrierX(lonely.url, lonely.token).send(outgoing())
        assert lonely.wait_for_callbacks().callbacks["given_up"] == 2


@pytest.mark.parametrize("url", ["not a url", "ftp://x", "http://", "http://[", "http://127.0.0.1:99999/"])
def test_a_callback_url_that_cannot_be_used_is_given_up_on(url: str) -> None:
    with running_simulator(callback_url=url) as lonely:
        CarrierX(lonely.url, lonely.token).send(outgoing())
        assert lonely.wait_for_callbacks().callbacks["given_up"] == 2


def test_the_list_lags(client: CarrierX, simulator: SimulatorHandle) -> None:
    simulator.set_faults(list_lag_ms=60_000)
    sid = client.send(outgoing()).message_sid
    assert client.list_messages().items == ()
    assert client.get_message(sid) is not None
    simulator.set_faults(list_lag_ms=0)
    assert len(client.list_messages().items) == 1


def test_the_list_ignores_filters(client: CarrierX, simulator: SimulatorHandle) -> None:
    simulator.set_faults(list_ignores_filter=True)
    client.send(outgoing(user_data="mine"))
    client.send(outgoing(user_data="other"))
    assert len(client.list_messages(filter="user_data eq mine").items) == 2


def test_the_list_answers_400(client: CarrierX, simulator: SimulatorHandle) -> None:
    simulator.set_faults(list_status=400)
    with pytest.raises(Refused):
        client.list_messages()


def test_a_fault_that_does_not_exist_is_refused(simulator: SimulatorHandle) -> None:
    unknown: list[dict[str, Any]] = [{"no_such": 1}, {"fail_share": 2}]
    for wrong in unknown:
        with pytest.raises(requests.HTTPError):
            simulator.set_faults(**wrong)
    assert simulator.faults() == Faults()


def test_setting_all_faults_forgets_the_earlier_ones(simulator: SimulatorHandle) -> None:
    simulator.set_faults(fail_share=1)
    assert simulator.set_faults(Faults(seed=2)) == Faults(seed=2)


def test_a_stopped_simulator_refuses_connections() -> None:
    with running_simulator() as simulator:
        client = CarrierX(simulator.url, simulator.token, idle_limit=0)
        client.send(outgoing())
    with pytest.raises(NotSent):
        client.send(outgoing())
