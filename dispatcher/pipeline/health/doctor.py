"""What could keep this installation from working, looked at one by one, and how to mend each."""

from __future__ import annotations

from collections.abc import Iterator

from dispatcher.carrierx.account import SENDING_MMS, SENDING_SMS, callback_in_force, find_did
from dispatcher.carrierx.client import CarrierX
from dispatcher.errors import ApiError, ConfigError, MmsError, NotFound, StoreUnavailable, Unauthorized
from dispatcher.host.zone_data import VERSION
from dispatcher.ledger.installation.installation import read_mode
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.address import embedded_url
from dispatcher.ledger.store.connection import IMPATIENT
from dispatcher.ledger.store.embedded import ever_started
from dispatcher.numbering.area_codes import as_of
from dispatcher.pipeline.health import _callback_reachability, queue_status
from dispatcher.pipeline.health._area_code_age import old_list
from dispatcher.pipeline.health._egress_findings import look_at_egress
from dispatcher.pipeline.health._receiver_findings import look_at_receivers
from dispatcher.pipeline.health._schema_findings import look_at_schema
from dispatcher.pipeline.health._store_findings import look_at_store
from dispatcher.pipeline.health._time_zone_age import old_data
from dispatcher.pipeline.health.clock import CLOCK_TOLERANCE_MS
from dispatcher.pipeline.health.finding import HealthFinding
from dispatcher.pipeline.health.token_findings import look_at_tokens
from dispatcher.pipeline.recovery.restore_detection import in_words, mend
from dispatcher.pipeline.runtime.runtime import make_client, wall_ms
from dispatcher.queues import service_of
from dispatcher.settings import CARRIERX_API, Settings

#: What is left to do where the advice would be to ask doctor.
_HELD_UP = "is it running, and does nothing hold it up (stopped, out of memory, a slow disk)? see its log"


def diagnose(
    config: Settings, sender: str | None = None, away: StoreUnavailable | None = None
) -> Iterator[HealthFinding]:
    """Look at Redis, workers, clocks, CarrierX and callbacks; with `sender` also at that number.

    `away`: what somebody met who has just asked the Redis; it is not waited for again.
    """
    yield _zones(wall_ms())
    yield _area_codes(wall_ms())
    ledger: Ledger | None = None
    try:
        if away is not None:
            raise away
        ledger = Ledger.open(config, **IMPATIENT)
        mode = read_mode(ledger.redis)
        config = config.model_copy(update={"simulate": mode == "simulate" or config.simulate})
        yield from _redis(config, ledger, mode)
        yield from _workers(config, ledger)
    except (ConfigError, StoreUnavailable) as error:
        ledger = None
        yield _no_redis(config, error)
    outside = look_at_egress(config)
    yield from outside
    if any(finding.verdict == "bad" for finding in outside):
        return
    yield from _carrierx(config, sender, ledger)
    if ledger is not None:
        yield from _public_url(config, ledger)


def _no_redis(config: Settings, error: MmsError) -> HealthFinding:
    """Before the first start there is nothing to be wrong with."""
    if config.redis_url is None and not ever_started(config.data_dir):
        return HealthFinding(
            "Redis", "note", "nothing was started in this folder yet", "`mms up` starts everything"
        )
    hint = _HELD_UP if "try `mms doctor`" in error.hint else error.hint
    return HealthFinding("Redis", "bad", error.message, hint)


def _zones(now_ms: int) -> HealthFinding:
    old = old_data(now_ms)
    if old is None:
        return HealthFinding(
            "time zones", "ok", f"tzdata {VERSION}, our own; this machine's files are not read"
        )
    return HealthFinding("time zones", "note", old, "install the newest release, or `pip install -U tzdata`")


def _area_codes(now_ms: int) -> HealthFinding:
    old = old_list(now_ms)
    if old is None:
        return HealthFinding("area codes", "ok", f"our list is of {as_of()}")
    advice = "install the newest release, or name new codes in MMS_AREA_CODES_EXTRA"
    return HealthFinding("area codes", "note", old, advice)


def _redis(config: Settings, ledger: Ledger, mode: str | None) -> Iterator[HealthFinding]:
    own = config.redis_url in (None, embedded_url(config.data_dir))  # `mms up` gives its parts the address
    where = "the embedded Valkey" if own else "MMS_REDIS_URL"
    yield HealthFinding("Redis", "ok", f"{where} answers; the ledger is {mode or 'not made yet'}")
    yield from look_at_store(ledger, config)
    if mode is not None:
        yield from look_at_schema(ledger)
    yield from _unread(ledger)
    yield from look_at_receivers(ledger)
    restored = ledger.recovery.restored()
    if restored is not None:
        yield HealthFinding("restore", "bad", in_words(restored), mend(restored))


def _unread(ledger: Ledger) -> Iterator[HealthFinding]:
    unread = ledger.dead_letters.count()
    if unread:
        seen = f"{unread} callback{'s' if unread > 1 else ''} could not be read; they are kept"
        yield HealthFinding(
            "callbacks", "note", seen, "`mms callbacks unread` shows them: a STOP may be among them"
        )


def _workers(config: Settings, ledger: Ledger) -> Iterator[HealthFinding]:
    workers, now_ms = ledger.agenda.workers(), ledger.agenda.now_ms()
    here_ms = wall_ms() - now_ms
    if abs(here_ms) > CLOCK_TOLERANCE_MS:
        yield HealthFinding(
            "clock", "bad", f"this machine is {here_ms / 1000:+.1f} s from Redis's clock", "set it by NTP"
        )
    yield from _queues(config, ledger, now_ms)
    yield from look_at_tokens(ledger)
    for name, facts in sorted(workers.items()):
        apart_ms = int(facts["clock_ms"]) - int(facts["said_ms"])
        seen = f"{', '.join(facts['queues'])} × {facts['concurrency']}, clock {apart_ms / 1000:+.1f} s"
        seen += queue_status.what_it_does(facts)
        if abs(apart_ms) > CLOCK_TOLERANCE_MS:
            yield HealthFinding(
                f"worker {name}", "bad", seen, "set that machine's clock by NTP; it sends nothing meanwhile"
            )
        else:
            yield HealthFinding(f"worker {name}", "ok", seen)


def _part(queue: str) -> str:
    """The commands that start workers of it."""
    return (
        f"`mms up`, or on one of several hosts `mms {'control' if service_of(queue) == 'helper' else 'work'}`"
    )


def _queues(config: Settings, ledger: Ledger, now_ms: int) -> Iterator[HealthFinding]:
    """Which queues nobody works on, which do not move, and which had a worker that ended itself for it."""
    queues = queue_status.queue_statuses(ledger)
    if missing := sorted(each.queue for each in queues if not each.workers):
        log = config.data_dir / "logs" / f"{service_of(missing[-1])}.log"  # `send` before all others
        mend = f"start {_part(missing[-1])}; if it runs already, the log of that part says what happened: `{log}`"
        yield HealthFinding("workers", "bad", f"nobody works on {', '.join(missing)}", mend)
    for each in queues:
        if not each.moves:
            yield HealthFinding(
                f"queue {each.queue}",
                "bad",
                str(each),
                "its worker ends itself within a minute, to be started again; else start it again, and see its log",
            )
    without_ms = queue_status.ms_without_tick(ledger)
    if without_ms is not None:
        log = config.data_dir / "logs" / f"{service_of('control')}.log"
        seen = f"no tick for {without_ms // 1000} s, and none waits: is beat running? Nothing new is started meanwhile"
        yield HealthFinding(
            "beat",
            "bad",
            seen,
            f"start beat again, or `mms up`, where it is beside the control worker: its log is `{log}`",
        )
    for past in queue_status.ended(ledger):
        if now_ms - past.at_ms < queue_status.TOLD_MS:
            ago = (now_ms - past.at_ms) // 60_000
            seen = f"a worker ended itself {ago} min ago ({past.times} have so far): {past.why}"
            yield HealthFinding(
                f"queue {past.queue}", "note", seen, "if that goes on, its log says what it meets"
            )


def _carrierx(config: Settings, sender: str | None, ledger: Ledger | None) -> Iterator[HealthFinding]:
    if config.simulate:
        yield HealthFinding("CarrierX", "ok", "simulated: nothing leaves this machine")
        if sender is None or config.carrierx_url == CARRIERX_API:
            return
    client = make_client(config)
    if client is None:
        yield HealthFinding(
            "CarrierX", "bad", "MMS_CARRIERX_TOKEN is not set", "set it, or start with `mms up --simulate`"
        )
        return
    try:
        client.list_messages(limit=1)
        if not config.simulate:
            yield HealthFinding("CarrierX", "ok", f"{config.carrierx_url} answers, and takes the token")
        if sender is not None:
            yield from _number(client, sender, config, ledger)
    except Unauthorized as error:
        yield HealthFinding(
            "CarrierX", "bad", error.message, "give one with scope sms.create: `mms token carrierx`"
        )
    except ApiError as error:
        yield HealthFinding(
            "CarrierX", "bad", error.message, f"is {config.carrierx_url} right and reachable from here?"
        )


def _public_url(config: Settings, ledger: Ledger) -> Iterator[HealthFinding]:
    if config.public_url is None and not config.simulate:
        yield HealthFinding(
            "callbacks",
            "note",
            "MMS_PUBLIC_URL is not set: CarrierX cannot call back, states come by polling",
            "make the console reachable by HTTPS and set MMS_PUBLIC_URL",
        )
    if config.public_url is None:
        return
    receiver = _callback_reachability.public_receiver(ledger, config)
    yield HealthFinding("callbacks", "ok" if receiver.well else "bad", receiver.seen, receiver.mend)


def _number(
    client: CarrierX, sender: str, config: Settings, ledger: Ledger | None
) -> Iterator[HealthFinding]:
    try:
        did = find_did(client, sender)
    except NotFound:
        did = None
    if did is None:
        yield HealthFinding(
            "sender", "bad", "this number is not in the account", "rent it, or use one that is"
        )
        return
    able = did.can(SENDING_SMS), did.can(SENDING_MMS)
    if False in able:
        yield HealthFinding(
            "sender", "bad", "messaging is not enabled for this number", "enable SMS and MMS at CarrierX"
        )
    elif None in able:
        yield HealthFinding("sender", "note", "the number is ours; CarrierX does not say whether it may send")
    else:
        yield HealthFinding("sender", "ok", "the number is ours and may send SMS and MMS")
    in_force = callback_in_force(client, did)
    if in_force is None:
        seen = "none is set on the number, its group or the account: states come by polling"
        yield HealthFinding("sender's callback", "note", seen, "mms callbacks set --did NUMBER")
    else:
        level, url = in_force
        found = _callback_reachability.callback_in_force(ledger, config, url)
        seen = f"set on the {level.replace('_', ' ')}: {found.seen}"
        yield HealthFinding("sender's callback", "ok" if found.well else "note", seen, found.mend)
