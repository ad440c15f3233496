# mypy: ignore-errors
"""`python record.py FOLDER`, run under an older version's files: makes a ledger with everything in it, and prints it.

Not a module of this version, whose types are not looked at: `python -m tests.upgrade.recording` runs it with that
version's folder before all others on Python's path, so that code and tests of that version make every key. What is
printed is a line of JSON for each key, and first what CarrierX had taken by then.
"""

from __future__ import annotations

import base64
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.ledger.installation.api_tokens import ApiTokens
from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.ledger.installation.idempotency_keys import IdempotencyKeys, StoredAnswer
from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.model.correlation import MessageRef, write_user_data
from dispatcher.model.scope import LimitScope
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.limits.changes import set_limit
from dispatcher.pipeline.limits.defaults import put_rates_in_force
from dispatcher.pipeline.runtime.runtime import Runtime, make_client
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.pipeline.tick import Hints, tick
from dispatcher.settings import load_settings
from dispatcher.simulator.launch import running_simulator
from dispatcher.web.site.sessions import Sessions
from tests.dispatcher.pipeline import test_the_key_space as kinds
from tests.dispatcher.pipeline.schedules.test_recurring import make as make_schedule
from tests.factories import SENDER, callback_body, claim, csv_number, make_claim, make_record, record, take
from tests.valkey import running_valkey

#: What tests show to be let in.
IDEMPOTENCY = ("ann", "the-key", "the-digest")
SETTINGS = {"secret": "a secret of the tests", "admin_token": "admin"}
ROWS = 24


def main(folder: Path) -> None:
    """Make it, print it."""
    with running_valkey(folder / "valkey") as server, running_simulator() as simulator:
        config = load_settings(
            simulate=True, carrierx_url=simulator.url, carrierx_token=simulator.token, redis_url=server.url,
            data_dir=folder / "data", read_timeout=2, poll_rate="500/s", in_flight=8, frequency_cap="9/7d",
            help_answer="Northwind: call us.", price_sms=0.01, price_mms=0.01, account_rate="5000/s",
            sender_rate="5000/s", **SETTINGS,
        )  # fmt: skip
        ledger = Ledger(client(server.url))
        with ThreadPoolExecutor(8) as pool:
            runtime = Runtime(
                ledger, config, prepare(ledger.redis, config), api=make_client(config), pool=pool
            )
            put_rates_in_force(ledger, config)
            shown = {**people(runtime), "callback_key": runtime.installation.callback_key}
            over(runtime, simulator)
            begun(runtime, simulator)
            tick(runtime, Hints(*[lambda _, __: None] * 4))
            waiting(runtime)
            cancelling = submitted(runtime, "being-cancelled")
            ledger.campaigns.steer(cancelling, CampaignState.CANCELLING, "by hand")
        print_all(ledger, simulator, shown)


def people(runtime: Runtime) -> dict[str, str]:
    """A token, a session, an answer that is kept, a line of the audit log, limits by hand, people who opted out."""
    ledger = runtime.ledger
    tokens = ApiTokens(ledger.redis)
    token, holder = tokens.create("ann", "admin")
    session = Sessions(ledger.redis, tokens).open(holder)
    who, key, digest = IDEMPOTENCY
    IdempotencyKeys(ledger.redis).begin(who, key, digest)
    IdempotencyKeys(ledger.redis).answered(who, key, digest, StoredAnswer(201, "{}", "/api/v1/campaigns/x"))
    AuditLog(ledger.redis).note("cli ann", "began")
    set_limit(ledger, LimitScope("sender:15165550177"), rate="7/s")
    ledger.limits.disable("15165550178")
    now_ms = ledger.agenda.now_ms()
    ledger.optouts.put(
        [OptOut(csv_number(5), "out", now_ms, "cli"), OptOut(csv_number(1999), "in", now_ms, "cli")]
    )
    ledger.agenda.sign_of_life("send@recorded", {"pid": 1, "queues": ["send"], "concurrency": 2,
        "clock_ms": now_ms, "said_ms": now_ms, "taken": 1, "ended": 1, "running": 0, "idle_ms": 5,
        "still_ms": 0, "waiting": {}}, now_ms)  # fmt: skip
    return {"token": token, "session": session}


def over(runtime: Runtime, simulator: Any) -> None:
    """Campaigns of many kinds that are over, and what is no campaign's."""
    kinds.campaigns(runtime)
    kinds.that_end_before_they_are_read(runtime)
    kinds.with_media(runtime)
    kinds.unconfirmed(runtime, simulator)
    kinds.what_is_no_campaigns(runtime, simulator)
    kinds.odd(runtime)


def begun(runtime: Runtime, simulator: Any) -> None:
    """Campaigns in every state, some in the middle of a message."""
    ledger = runtime.ledger
    for name, more in (
        ("begun", {}),
        ("held", {"on_unconfirmed": "hold"}),
        ("grouped-begun", {"group_size": 3}),
    ):
        made = submitted(runtime, name, **more)
        simulator.set_faults(error_after_share=0.3, error_before_share=0.2, fail_share=0.3)
        send_batch(runtime, made, 0)
        simulator.set_faults(error_after_share=0, error_before_share=0, fail_share=0)
    in_flight(runtime, submitted(runtime, "in-flight"), simulator)
    paused = submitted(runtime, "paused")
    ledger.campaigns.steer(paused, CampaignState.PAUSED, "by hand")
    submitted(runtime, "urgent-begun", priority="urgent", rate="900/s", max_cost="50", expires_after="20h")
    submitted(runtime, "later", at="2099-06-01T10:00-04:00")
    kinds.submitted(runtime, "not-read", ROWS)
    kinds.submitted(runtime, "kept", ROWS, draft=True)
    make_schedule(runtime, media_check=False)


def submitted(runtime: Runtime, name: str, **more: Any) -> str:
    """A campaign whose file is read, and which has started if its time has come."""
    made = kinds.submitted(runtime, name, ROWS, **more)
    expand(runtime, made)
    runtime.ledger.agenda.start_due()
    return made


def in_flight(runtime: Runtime, made: str, simulator: Any) -> None:
    """A batch under a lease: of its messages one is done, one is taken and not recorded, one claimed and never left."""
    ledger, taken = runtime.ledger, take(runtime.ledger, made)
    now_ms = ledger.agenda.now_ms()
    for message in range(3):
        asked = make_claim(taken, message)
        granted = claim(ledger, taken.hold, asked, now_ms=now_ms, fingerprint=runtime.fingerprint)
        assert granted.word == "go", granted
        if message == 2:
            continue
        number = taken.batch.rows[asked.members[0]].number
        ref = MessageRef(made, 0, message, granted.attempt)
        answer = requests.post(
            f"{runtime.settings.carrierx_url}/sms/messages",
            json={"from": SENDER, "to": number, "message": "Hi in-flight",
                  "user_data": write_user_data(ref, runtime.secrets[0])},
            headers={"Authorization": f"Bearer {simulator.token}"}, timeout=10,
        )  # fmt: skip
        answer.raise_for_status()
        if message == 0:
            became = make_record(asked, sid=answer.json()["message_sid"])
            record(ledger, taken.hold, became)


def waiting(runtime: Runtime) -> None:
    """Callbacks that nobody has applied yet, one of a message that is not known, and what older versions kept aside."""
    ledger, now_ms = runtime.ledger, runtime.ledger.agenda.now_ms()
    ledger.callback_stream.store(callback_body(sid="of-nobody-yet", status="sent", to="15165550199"), now_ms)
    ledger.callback_stream.store(b'{"nobody": "reads it"}', now_ms)
    ledger.redis.rpush("mms:set-aside", callback_body(sid="kept-aside"))


READ: dict[str, Any] = {
    "string": lambda redis, key: redis.get(key),
    "hash": lambda redis, key: sorted(redis.hgetall(key).items()),
    "set": lambda redis, key: sorted(redis.smembers(key)),
    "list": lambda redis, key: redis.lrange(key, 0, -1),
    "zset": lambda redis, key: redis.zrange(key, 0, -1, withscores=True),
    "stream": lambda redis, key: [(name, sorted(fields.items())) for name, fields in redis.xrange(key)],
}


def print_all(ledger: Ledger, simulator: Any, shown: dict[str, str]) -> None:
    """A line for what CarrierX took, then one for each key."""
    redis = ledger.redis
    taken = simulator.received().messages
    say({"at_ms": ledger.agenda.now_ms(), "taken": taken, **shown})
    for key in sorted(redis.scan_iter("mms:*")):
        kind = redis.type(key).decode()
        line: dict[str, Any] = {"key": key.decode(), "type": kind, "value": plain(READ[kind](redis, key))}
        if (ttl_ms := redis.pttl(key)) > 0:
            line["ttl_ms"] = ttl_ms
        if kind == "stream":
            line["groups"] = [group["name"].decode() for group in redis.xinfo_groups(key)]
        say(line)


def plain(value: Any) -> Any:
    """Text as it is, other bytes in base 64."""
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if not isinstance(value, bytes):
        return value
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\0"
    return text if text.isprintable() else {"b64": base64.b64encode(value).decode()}


def say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
