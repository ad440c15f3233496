"""What this host is called in the names of its workers (`send@HOST`): its own name, told apart where another has it."""

from __future__ import annotations

import socket
from itertools import count
from pathlib import Path

from dispatcher.host.identity import home_of
from dispatcher.host.private_files import write_private
from dispatcher.ledger.installation.worker_names import take_worker_names
from dispatcher.ledger.ledger import Ledger
from dispatcher.settings import Settings
from dispatcher.stack.roles import Role
from dispatcher.stack.run_directory import host_file


def take_host_name(ledger: Ledger, role: Role, settings: Settings) -> str:
    """The host's own name, or with `-2`, `-3`, … where workers of another host, or of another data folder of this one,
    work on the same queues under it. Kept where health checks find it.

    Raises:
        StoreUnavailable: Redis does not answer.
        InputError: the data folder is full.
    """
    own, home = socket.gethostname(), home_of(settings.data_dir)
    for number in count(1):
        name = own if number == 1 else f"{own}-{number}"
        if take_worker_names(ledger.redis, [f"{queue}@{name}" for queue in role.queues], home):
            break
    for service in role.workers:
        _keep(host_file(settings.data_dir, service), name if name != own else "")
    return name


def _keep(file: Path, name: str) -> None:
    if name:
        write_private(file, name)
    else:
        file.unlink(missing_ok=True)
