"""The environment of the processes that `mms up` starts: the caller's own, with what was decided written over it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from dispatcher.settings import Settings
from dispatcher.stack.simulator_service import CALLBACK_VARIABLE, PORT_VARIABLE

#: Variables that would change what Celery's and Flower's command lines say.
_FOREIGN = ("FLOWER_", "CELERY_")


def service_environment(settings: Settings, redis_url: str, caller: Mapping[str, str]) -> dict[str, str]:
    """For every service: the settings that options or the start itself decided; the others are read as usual.

    The simulator's token is decided here; a live one is left where it stands, so that a new one is seen there.
    """
    decided = {
        "MMS_DATA_DIR": str(settings.data_dir),
        "MMS_REDIS_URL": redis_url,
        "MMS_SIMULATE": str(settings.simulate).lower(),
        "MMS_CARRIERX_URL": settings.carrierx_url,
        "MMS_WORKERS": str(settings.workers),
        "MMS_WEB_HOST": settings.web_host,
        "MMS_WEB_PORT": str(settings.web_port),
        "MMS_FLOWER_PORT": str(settings.flower_port),
        "MMS_UNSAFE_REDIS": str(settings.unsafe_redis).lower(),
        "PYTHONUNBUFFERED": "1",
    }
    if settings.simulate and settings.carrierx_token is not None:
        decided["MMS_CARRIERX_TOKEN"] = settings.carrierx_token.get_secret_value()
    # Decided is decided: the file that the caller's variable names is out of the question.
    files = {f"{name}_FILE" for name in decided}
    kept = {
        name: value
        for name, value in caller.items()
        if not name.startswith(_FOREIGN) and name.upper() not in files
    }
    return {**kept, **decided}


def simulator_environment(environment: Mapping[str, str], port: int, callback_url: str) -> dict[str, str]:
    """For the simulator: where to listen, and whom to call back."""
    return {**environment, PORT_VARIABLE: str(port), CALLBACK_VARIABLE: callback_url}


def without_our_variables() -> dict[str, str]:
    """The caller's environment without any `MMS_…`, for a stack that shall owe nothing to it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MMS_")}
