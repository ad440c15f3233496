"""`python -m tests.chaos.launcher CELERY-ARGUMENTS…`: a Celery process of the kit, with short times.

A fault may be planted in it. The only place that honours `CHAOS_PLANT`.
"""

from __future__ import annotations

import os
import sys

from celery.__main__ import main as celery

from dispatcher.ledger import scripts
from tests.chaos.plants import planted
from tests.chaos.short_times import shorten

PLANT_VARIABLE = "CHAOS_PLANT"


def main() -> None:
    """Become that process."""
    shorten()
    plant = os.environ.get(PLANT_VARIABLE)
    if plant:
        scripts._text = planted(plant, scripts._text)  # type: ignore[assignment]
    sys.argv = ["celery", *sys.argv[1:]]
    celery()


if __name__ == "__main__":
    main()
