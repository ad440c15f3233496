"""`python -m packages [TRY…]`, in .ci: the tries, and at their end what could not be tried here and why.

Ends with 1 if what was tried is wrong; in CI, where nothing is left out, also if something could not be tried.
"""

from __future__ import annotations

import os
import sys
import time
import traceback

from packages.bill import try_bill
from packages.chart import try_chart
from packages.host import try_host
from packages.image import try_image
from packages.overlays import try_overlays
from packages.stack import try_stack
from packages.trying import UNTRIED, NotHereError, WrongError, say
from packages.units import try_units

TRIES = {
    "chart": try_chart,
    "units": try_units,
    "bill": try_bill,
    "overlays": try_overlays,
    "image": try_image,
    "stack": try_stack,
    "host": try_host,
}


def main(names: list[str]) -> int:
    """Try these, or all."""
    unknown = sorted(set(names) - TRIES.keys())
    if unknown:
        say(f"no try {', '.join(unknown)}; there are {', '.join(TRIES)}")
        return 2
    fine, wrong, left_out = [], [], []
    for name in names or TRIES:
        say(f"{name}: …")
        began = time.monotonic()
        try:
            fine.append(f"{name}: {TRIES[name]()} ({time.monotonic() - began:.0f} s)")
        except NotHereError as reason:
            left_out.append(f"{name}: {reason}")
        except WrongError as error:
            wrong.append(f"{name}: {error}")
        except Exception:  # an answer that is not what we read: the other tries go on
            wrong.append(f"{name}: {traceback.format_exc()}")
    for title, lines in (
        ("tried, and fine", fine),
        ("NOT TRIED here", [*left_out, *UNTRIED]),
        ("WRONG", wrong),
    ):
        for line in lines:
            say(f"{title}: {line}")
    return int(bool(wrong) or bool(left_out and os.environ.get("CI")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
