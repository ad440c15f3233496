"""`python -m tests.upgrade --from COMMIT`: replace an older version's processes one by one while a campaign runs.

Exit status 0: nothing twice, nothing lost, no pause over ten seconds; 1: something of it; 2: the history is not here.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.chaos.jobs import end_on_sigterm
from tests.upgrade.rolling import Order, roll
from tests.upgrade.trees import NoHistoryError, checked_out, this_version


def main() -> int:
    """Do it, and print how it goes."""
    chosen = _arguments()
    end_on_sigterm()
    with tempfile.TemporaryDirectory(prefix="mms-upgrade-") as temporary:
        folder = Path(temporary)
        try:
            old = checked_out(chosen.commit, folder / "old")
        except NoHistoryError as error:
            sys.stderr.write(f"{error}\nA clone with its history has it: git fetch --unshallow\n")
            return 2
        order = Order(old, this_version(folder / "new"), chosen.rows, chosen.rate, chosen.back)
        verdict = roll(order, folder, _say)
    for line in verdict.lines():
        _say(line)
    broken = list(verdict.broken())
    for sentence in broken:
        _say(f"BROKEN: {sentence}")
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.upgrade", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--from", dest="commit", required=True, help="the older version: a commit or a tag")
    parser.add_argument("--rows", type=int, default=10_000, help="of the campaign, %(default)s by default")
    parser.add_argument("--rate", type=int, default=300, help="messages a second, %(default)s by default")
    parser.add_argument("--back", action="store_true", help="afterwards the old version's again")
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
