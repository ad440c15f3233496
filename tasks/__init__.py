"""The doors to Celery. `celery -A tasks …` finds the application here."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """The application, made when it is asked for: it reads the settings, which not everybody here needs."""
    if name == "celery":
        from tasks.app import app  # noqa: PLC0415 - see above

        return app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
