"""The Celery application on a broker that hands a message out again when it is not acknowledged within ten seconds."""

from __future__ import annotations

from tasks.app import app

app.conf.broker_transport_options = {**app.conf.broker_transport_options, "visibility_timeout": 10}

__all__ = ["app"]
