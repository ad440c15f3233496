"""A handle on a running simulator, wherever it runs: everything goes over its HTTP address."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from dispatcher.simulator.faults import Faults


@dataclass(frozen=True, slots=True)
class Received:
    """What the simulator took until now.

    `numbers` maps a number to how often it was taken under which `user_data`; `answers` counts what POSTs
    were answered, by status or `reset`; `callbacks` counts `answered`, `given_up`, `lost` and `pending`.
    """

    taken: int
    numbers: Mapping[str, Mapping[str, int]]
    answers: Mapping[str, int]
    callbacks: Mapping[str, int]
    messages: list[dict[str, Any]] = field(repr=False)

    def times(self, number: str) -> int:
        """How many messages this number was sent."""
        return sum(self.numbers.get(number, {}).values())

    @property
    def repeated(self) -> list[str]:
        """Numbers that were taken more than once."""
        return [number for number in self.numbers if self.times(number) > 1]


class SimulatorHandle:
    """`url` is the base URL for a `CarrierX` client, `token` what it takes. Raises `requests` exceptions."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"

    def faults(self) -> Faults:
        """The faults in force."""
        return Faults.model_validate(self._call("GET", "faults"))

    def set_faults(self, faults: Faults | None = None, **changes: Any) -> Faults:
        """Put these faults in force, or change single ones of those in force, from the next request on."""
        if faults is not None:
            return Faults.model_validate(self._call("PUT", "faults", faults.model_dump() | changes))
        return Faults.model_validate(self._call("PATCH", "faults", changes))

    def received(self, *, messages: bool = True) -> Received:
        """What was taken; without the messages it is cheap to ask for."""
        return Received(**self._call("GET", f"received?messages={int(messages)}"))

    def clear_received(self) -> None:
        """Forget everything that was taken."""
        self._call("DELETE", "received")

    def inbound(self, **message: Any) -> dict[str, Any]:
        """Let somebody text: `from_`, `to`, `message`, `media_urls`. Returns `message_sid` and `answered`."""
        body = {name.rstrip("_"): value for name, value in message.items()}
        answer: dict[str, Any] = self._call("POST", "inbound", body)
        return answer

    def wait_for_callbacks(self, timeout_seconds: float = 30) -> Received:
        """Wait until no callback is due or on its way.

        Raises:
            TimeoutError: some still are.
        """
        deadline = time.monotonic() + timeout_seconds
        while (received := self.received(messages=False)).callbacks.get("pending", 0):
            if time.monotonic() > deadline:
                raise TimeoutError(f"callbacks after {timeout_seconds} s: {dict(received.callbacks)}")
            time.sleep(0.02)
        return received

    def _call(self, method: str, path: str, body: object = None) -> Any:
        response = self._session.request(method, f"{self.url}/_simulator/{path}", json=body, timeout=30)
        response.raise_for_status()
        return response.json() if response.content else None
