"""TCP notices within seconds that a host is gone, by itself: one that is cut off sends no farewell.

What is sent and not acknowledged, and a probe that is not answered, end the connection after this time. The other
machine's kernel acknowledges both, so a server that thinks for minutes is not taken for a dead one.
"""

from __future__ import annotations

import socket

#: A connection whose other end has not acknowledged anything for so long is over.
SECONDS = 5

_WANTED = {
    "TCP_KEEPIDLE": 2,  # Linux; an idle connection is probed after so many seconds
    "TCP_KEEPALIVE": 2,  # the same on a Mac
    "TCP_KEEPINTVL": 1,
    "TCP_KEEPCNT": SECONDS - 2,
    "TCP_USER_TIMEOUT": SECONDS * 1000,  # Linux
}

#: Options of a TCP socket, as far as this system has them.
KEEPALIVE: dict[int, int] = {
    number: value for name, value in _WANTED.items() if (number := getattr(socket, name, None)) is not None
}
