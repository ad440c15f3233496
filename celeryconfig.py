"""Celery's settings, a reason for each. Redis holds the truth, Celery carries hints: see docs/design.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from celery.schedules import schedule
from kombu.entity import Queue

from dispatcher.ledger.connect import redis_url
from dispatcher.settings import settings

_settings = settings()

#: The ledger's Redis unless told otherwise; a hint that is lost with the broker is offered again by the tick.
broker_url = _settings.broker_url or redis_url(_settings)
#: Workers may start before the broker does, and wait for it for as long as it takes.
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
broker_transport_options = (
    {
        "socket_timeout": 30,  # longer than any blocking read: shorter ones hang and then raise
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "unacked_restore_throttle": 1,  # what a dead worker held comes back in seconds, not in minutes
    }
    if broker_url.startswith("redis")
    else {}
)

#: Results would be stored PII-free but for nobody: the event that Flower reads carries the task's one line.
result_backend = None
task_ignore_result = True

#: One queue per kind of work, so that none waits behind another.
task_queues = [Queue("send"), Queue("expand"), Queue("ingest"), Queue("look"), Queue("control")]
task_routes = {
    "send_batch": {"queue": "send"},
    "expand_campaign": {"queue": "expand"},
    "ingest_callbacks": {"queue": "ingest"},
    "look_after_batch": {"queue": "look"},
    "answer_inbound": {"queue": "look"},
    "explain_failures": {"queue": "look"},
    "tick": {"queue": "control"},
}
task_default_queue = "control"
task_create_missing_queues = False

#: Batches are fat, and a task takes up further ones by itself from the ledger: more hints at hand feed nothing, and
#: one at a time keeps the others free for whoever is idle.
worker_prefetch_multiplier = 1
#: Acknowledged when taken: if the worker dies, the batch's lease runs out and it is offered again.
task_acks_late = False
#: Flower shows what waits and what runs.
task_track_started = True
task_send_sent_event = True

task_serializer = "json"
accept_content = ["json"]

#: The calendar is in our own code and the ledger; beat's clock stays out of daylight saving.
enable_utc = True
timezone = "UTC"
beat_schedule = {
    "tick": {
        "task": "tick",
        # A clock of its own: Celery's looks up time zones several times a tick, a quarter of what beat costs.
        "schedule": schedule(timedelta(seconds=1), nowfun=partial(datetime.now, UTC)),
        "options": {"expires": 60},  # ticks do not pile up while no control worker is there
    }
}
beat_scheduler = "tasks.beat:SleepingScheduler"
#: Beat looks up often enough for a tick a second, and never sleeps through one.
beat_max_loop_interval = 1.0

#: Our own log format; the worker leaves the root logger alone.
worker_hijack_root_logger = False
worker_send_task_events = False  # switched on per worker with -E: not for the control worker's ticks
