"""`python -m tasks.flower OPTION…`: Flower with its own options and variables, without Celery's command line."""

from __future__ import annotations

import signal
import sys
from functools import partial

from flower import command
from flower.app import Flower
from flower.urls import settings as pages

from dispatcher.settings import settings
from tasks.app import app
from tasks.broker import broker_url
from tasks.flower_broker import show_all_queues, show_rabbitmq
from tasks.flower_login import login
from tasks.flower_redis import show_redis
from tasks.rabbitmq import HEARTBEAT_SECONDS


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; 0."""
    command.apply_env_options()
    command.apply_options("flower", arguments)
    command.options.basic_auth = login(command.options.basic_auth, settings())
    show_rabbitmq(command.options, settings(), app.conf.broker_url)
    show_all_queues()
    command.extract_settings()
    command.setup_logging()
    app.connection = partial(app.connection, heartbeat=HEARTBEAT_SECONDS)  # else a lost one is never noticed
    flower = Flower(capp=app, options=command.options, **pages)
    show_redis(flower, broker_url(settings()))
    signal.signal(signal.SIGTERM, command.sigterm_handler)
    flower.start_http_server()
    try:
        flower.start()
    except (KeyboardInterrupt, SystemExit):
        flower.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
