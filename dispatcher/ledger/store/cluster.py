"""Redis Cluster is refused: it spreads keys over servers, and what is counted and claimed together must be on one.

A claim looks at the batch, the limits of its sender, account and campaign, the suppression list and the run of the
server in one script; that is the promise. In one slot of a cluster it would be one server again, without a failover
that Sentinels do as well.
"""

from __future__ import annotations

import redis
from redis import exceptions

from dispatcher.errors import StoreUnsafe
from dispatcher.ledger.store.connection import translated

#: What a cluster answers where a server would have done what it was asked for.
ANSWERS = (
    exceptions.AskError,  # and MOVED
    exceptions.ClusterCrossSlotError,
    exceptions.ClusterDownError,
    exceptions.TryAgainError,
)
SENTENCE = "this is a Redis Cluster: it spreads the ledger over servers, and a claim needs all of it on one"
HINT = "use one primary, with replicas and Sentinels for a failover: docs/redis.md"


def require_no_cluster(client: redis.Redis) -> None:
    """Refuse a server of a cluster; one that does not tell is believed.

    Raises:
        StoreUnsafe: it is one.
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        try:
            told = client.info("cluster")
        except redis.ResponseError:
            return
    if told.get("cluster_enabled"):
        raise StoreUnsafe(SENTENCE, hint=HINT)
