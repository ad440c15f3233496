"""Flower's page of the broker: all queues are on it, and of a RabbitMQ the management plugin says how they stand."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

from flower.utils import broker
from flower.views import BaseHandler

from dispatcher.queues import QUEUE_NAMES
from dispatcher.settings import Settings
from tasks.rabbitmq import is_rabbitmq, management_address


class OwnRabbitMQ(broker.RabbitMQ):  # type: ignore[misc]  # Flower has no types
    """Flower's, also for the virtual host `/`, any password, and an authority of one's own.

    `http_api` may bring a login; else it is the broker's.
    """

    #: The broker's address with all its words, which Flower leaves out.
    address = ""

    def __init__(self, broker_url: str, http_api: str, **options: Any) -> None:
        said = urlsplit(http_api)
        path = said.path.rstrip("/") or "/api"
        bare = said._replace(netloc=said.netloc.rpartition("@")[2], path=f"{path}/")
        super().__init__(broker_url, urlunsplit(bare), **options)
        first = urlsplit(self.address.split(";")[0])
        own = said if said.username else first
        self.username, self.password = unquote(own.username or "guest"), unquote(own.password or "guest")
        self.vhost = quote(unquote(first.path[1:]) or "/", safe="")

    def _tls_kwargs(self) -> dict[str, Any]:
        asked = dict(parse_qsl(urlsplit(self.address.split(";")[0]).query))
        trusted = {"ca_certs": asked["ssl_ca_certs"]} if "ssl_ca_certs" in asked else {}
        return {"validate_cert": asked.get("ssl_cert_reqs") != "none", **trusted}


def show_rabbitmq(options: Any, settings: Settings, url: str) -> None:
    """Tell Flower where the management of the broker at `url` is. Its login is on no command line and page."""
    if not is_rabbitmq(url):
        return
    said = settings.broker_api.get_secret_value() if settings.broker_api else None
    options.broker_api = options.broker_api or said or management_address(url)
    OwnRabbitMQ.address = url
    broker.RabbitMQ = OwnRabbitMQ


def show_all_queues() -> None:
    """Let Flower show every queue of ours. It knows those of workers that answered when it asked, and one that was slow
    then would be missing for good."""
    of_workers = BaseHandler.get_active_queue_names

    def names(handler: Any) -> list[str]:
        return sorted({*QUEUE_NAMES, *of_workers(handler)})

    BaseHandler.get_active_queue_names = names
