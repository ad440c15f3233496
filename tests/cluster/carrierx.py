"""`python -m tests.cluster.carrierx PORT CALLBACK_URL TOKEN`: the simulated CarrierX on a host of its own."""

from __future__ import annotations

import sys

from dispatcher.simulator.engine import Engine
from dispatcher.simulator.launch import serve_until_signal
from tests.chaos.stand import CALM


def main() -> None:
    """Run until it is killed."""
    port, callback_url, token = sys.argv[1:]
    engine = Engine(CALM, token, callback_url or None)
    serve_until_signal(engine, "0.0.0.0", int(port), lambda _: None)


if __name__ == "__main__":
    main()
