"""RabbitMQ as the broker: its address, and its queues. How it is talked to: `rabbitmq_transport`.

Hints are worth a minute and a lost one is given again, so a queue is bounded in time and length. It is a quorum queue:
not for its hints, but so that it is there while a machine of a cluster is not.
"""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from amqp.exceptions import Blocked
from kombu.transport import TRANSPORT_ALIASES

from dispatcher.errors import ConfigError

TRANSPORT_ALIASES |= {
    "amqp": "tasks.rabbitmq_transport:RabbitTransport",
    "amqps": "tasks.rabbitmq_transport:RabbitTlsTransport",
}
#: kombu's older word for the first means the same.
_SCHEMES = ("amqp", "amqps", "pyamqp")
_WORDS = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname"}
_VERIFIED = ("required", "optional", "none")
#: Seconds between signs of life, both ways: two that do not come are a lost connection.
HEARTBEAT_SECONDS = 10
#: RabbitMQ says within so long that it has a hint; else the hint is given again, here or by the tick.
CONFIRM_SECONDS = 3.0
#: Oldest hints give way to newer ones beyond so many. The tick gives some hundred at most; people may give more.
LONGEST_QUEUE = 10_000
AWAY_HINT = "is it running, and is MMS_BROKER_URL right? Nothing is lost: the tick gives every hint again"
#: What RabbitMQ says when it lets nobody in, by its code.
_REFUSED = {
    404: (
        "has a queue whose machine is away",
        "see to its cluster; what does not come back: rabbitmqctl delete_queue NAME -p VHOST, and it is made anew",
    ),
    403: (
        "refuses the login, or what this user wants",
        "set user and password in MMS_BROKER_URL; give it all rights there: "
        "rabbitmqctl set_permissions -p VHOST USER '.*' '.*' '.*'",
    ),
    530: (
        "does not let this user into the virtual host, or has none of this name",
        "rabbitmqctl add_vhost VHOST; rabbitmqctl set_permissions -p VHOST USER '.*' '.*' '.*'",
    ),
}
#: What of an address leads to its management, which listens there unless told otherwise.
_API_PORTS = {"amqp": ("http", 15672), "amqps": ("https", 15671)}


def is_rabbitmq(url: str) -> bool:
    """The broker at this address is a RabbitMQ."""
    return url.split("://", 1)[0] in _SCHEMES


def rabbitmq_address(url: str) -> str:
    """The address as kombu takes it: `;` between hosts, and with `amqps://` certificate and name are verified.

    Taken are kombu's form (`amqp://…;amqp://…`) and several hosts behind one login (`amqp://USER:PASSWORD@A,B:5673/VHOST`).

    Raises:
        ConfigError: it is none. What is set is not repeated, since it may hold the password.
    """
    return ";".join(each for one in url.split(";") for each in _hosts_of(one))


def hosts_of(url: str) -> list[str]:
    """`HOST:PORT` of each host of such an address, for people."""
    hosts = [urlsplit(one).netloc.rpartition("@")[2] for one in url.split(";")]
    return [host or "127.0.0.1" for host in hosts]


def what_is_wrong(url: str, error: BaseException) -> tuple[str, str]:
    """What a RabbitMQ that could not be looked at lacks, and what to do."""
    where = f"RabbitMQ ({', '.join(hosts_of(url))})"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"{where} has a certificate that is not trusted",
            "ssl_ca_certs=FILE in MMS_BROKER_URL names its authority",
        )
    if isinstance(error, Blocked):
        return (
            f"{where} takes nothing, since its memory or disk runs out",
            "rabbitmqctl list_alarms; its memory, its disk",
        )
    said, hint = _REFUSED.get(getattr(error, "code", 0), ("", ""))
    if said:
        return f"{where} {said}", hint
    return f"{where} does not answer ({type(error).__name__})", AWAY_HINT


def queue_arguments(hint_seconds: int) -> dict[str, Any]:
    """What a queue of hints is declared with; a hint is worth `hint_seconds`."""
    return {
        "x-queue-type": "quorum",
        "x-message-ttl": hint_seconds * 1000,
        "x-max-length": LONGEST_QUEUE,
    }


def publish_tries(url: str) -> int:
    """How often publishing is tried again at once: every host is asked, and a single one twice."""
    return max(1, len(url.split(";")) - 1)


def management_address(url: str) -> str:
    """Where the management API of the first host listens unless told otherwise."""
    parts = urlsplit(url.split(";", maxsplit=1)[0])
    scheme, port = _API_PORTS[parts.scheme]
    return f"{scheme}://{parts.hostname}:{port}/api/"


def _hosts_of(url: str) -> list[str]:
    try:
        parts = urlsplit(url.removeprefix("py"))
        query = _checked_query(parts)
        login, _, hosts = parts.netloc.rpartition("@")
        made = [
            parts._replace(netloc=f"{login}@{host}" if login else host, query=query)
            for host in hosts.split(",")
        ]
        # `port` complains of what is no number.
        named = all(each.hostname and each.port != 0 for each in made)
    except ValueError as error:
        raise _no_address() from error
    if not named:
        raise _no_address()
    return [urlunsplit(each) for each in made]


def _checked_query(parts: SplitResult) -> str:
    """What an address asks of TLS, said in full.

    Raises:
        ValueError: it asks for something else.
    """
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme == "amqp" and not asked:
        return ""
    verified = asked.get("ssl_cert_reqs", "required").lower().removeprefix("cert_")
    if parts.scheme != "amqps" or set(asked) - _WORDS or verified not in _VERIFIED:
        raise ValueError("unknown words")
    asked["ssl_cert_reqs"] = verified
    asked.setdefault("ssl_check_hostname", str(verified != "none").lower())
    return urlencode(asked, safe="/")


def _no_address() -> ConfigError:
    return ConfigError(
        "MMS_BROKER_URL is no address of a RabbitMQ",
        hint="like amqp://USER:PASSWORD@HOST:5672/VHOST (several hosts: HOST1,HOST2), amqps://… with TLS, and then "
        "?ssl_ca_certs=FILE, ssl_certfile=, ssl_keyfile=, ssl_cert_reqs=",
    )
