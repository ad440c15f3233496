"""Celery's settings, a reason for each. Redis holds the truth, Celery carries hints: see docs/design.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from celery.schedules import schedule
from kombu.entity import Exchange, Queue

from dispatcher.queues import HINT_SECONDS, QUEUES
from dispatcher.settings import settings
from tasks.broker import broker_url as address
from tasks.broker import kombu_url, transport_of, transport_options
from tasks.rabbitmq import CONFIRM_SECONDS, HEARTBEAT_SECONDS, is_rabbitmq, publish_tries, queue_arguments

_settings = settings()
_broker = address(_settings)

broker_url = kombu_url(_broker)
broker_transport = transport_of(_broker)
broker_transport_options = transport_options(_broker)
#: Workers may start before the broker does, and wait for it for as long as it takes.
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
#: A Redis that is read-only or out of memory for a while is waited for as one that is away: no worker dies of it. With
#: RabbitMQ every error is one of the connection: see `tasks.rabbitmq_transport`.
broker_channel_error_retry = True
#: Of RabbitMQ: a cut that nobody tells of is noticed after two. Celery's own is two minutes.
broker_heartbeat = HEARTBEAT_SECONDS
#: What is no message of ours is dropped with one line.
worker_consumer = "tasks.consumer:SteadyConsumer"

#: Results would be stored PII-free but for nobody: the event that Flower reads carries the task's one line.
result_backend = "tasks.results:NoResults"
task_ignore_result = True

#: Each with an exchange of its own: in one that they shared, a message could reach them all.
task_queues = [
    Queue(
        queue.name,
        Exchange(queue.name, type="direct"),
        routing_key=queue.name,
        queue_arguments=queue_arguments(HINT_SECONDS) if is_rabbitmq(broker_url) else None,
    )
    for queue in QUEUES
]
task_routes = {task: {"queue": queue.name} for queue in QUEUES for task in queue.tasks}
task_default_queue = "control"
task_create_missing_queues = False

#: Batches are fat, and a task takes up further ones by itself from the ledger: more hints at hand feed nothing, and
#: one at a time keeps the others free for whoever is idle.
worker_prefetch_multiplier = 1
#: Acknowledged when taken: if the worker dies, the batch's lease runs out and it is offered again.
task_acks_late = False
#: Flower shows what runs and what was done. Not what is sent: a hint that nobody takes, because it is lost or nobody
#: needs it any more, would stay PENDING there for ever. What waits is counted where it waits: doctor and /metrics say.
task_track_started = True
task_send_sent_event = False
#: Whoever gives a hint is not held up: a lost one is given again by the tick.
task_publish_retry_policy = {
    "max_retries": publish_tries(broker_url),
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.2,
}

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
        # Ticks do not pile up while no control worker is there.
        "options": {"expires": HINT_SECONDS, "confirm_timeout": CONFIRM_SECONDS},
    }
}
beat_scheduler = "tasks.beat:SleepingScheduler"
#: Beat looks up often enough for a tick a second, and never sleeps through one.
beat_max_loop_interval = 1.0

#: Our own log format; the worker leaves the root logger alone.
worker_hijack_root_logger = False
worker_send_task_events = False  # switched on per worker with -E: not for the control worker's ticks
