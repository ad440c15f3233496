"""Tells systemd how far this process is (`sd_notify(3)`): with `Type=notify` a started unit is one that works."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

#: So much longer is waited for a start or a stop from each time that it is told.
EXTEND_SECONDS = 30


def tell_service_manager(*states: str) -> None:
    """Tell these, like `READY=1`; nothing where nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # a name that is in no folder
        address = f"\0{address[1:]}"
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.sendto("\n".join(states).encode(), address)


def ask_for_time(status: str) -> None:
    """It takes longer, because of this."""
    tell_service_manager(f"EXTEND_TIMEOUT_USEC={EXTEND_SECONDS * 1_000_000}", f"STATUS={status}")
