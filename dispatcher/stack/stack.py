"""What a host runs until somebody stops it: everything, with a store of its own or another's; or the part of a role."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from dispatcher.host.private_files import private_folder
from dispatcher.ledger.installation.recovery import Restored
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.embedded import (
    EmbeddedValkey,
    PingAnswer,
    announce,
    ask,
    prepare_embedded,
    why_it_died,
    withdraw,
)
from dispatcher.pipeline.recovery.restore_detection import count_tick, detect_restore
from dispatcher.settings import Settings
from dispatcher.stack import services
from dispatcher.stack._embedded_store import EmbeddedStore
from dispatcher.stack._fork import preload
from dispatcher.stack._start import Say, Start, WhenReady
from dispatcher.stack.addresses import require_flower_login, require_free_ports
from dispatcher.stack.environment import without_our_variables
from dispatcher.stack.roles import UP, Role, require_shared_ledger
from dispatcher.stack.run_directory import only_one
from dispatcher.stack.supervisor import Supervisor

#: Our own store answers sooner, unless it has much to read.
STORE_SECONDS = 1.0


def run_stack(settings: Settings, say: Say, when_ready: WhenReady) -> None:
    """Start all services, say where they are, look after them until SIGTERM or Ctrl-C, end them.

    `when_ready` is called once, when everything works; it must not block.

    Raises:
        InputError: the data folder is in use, or a port is; nothing was started.
        ConfigError: the ledger belongs to another mode or API.
        StoreUnavailable, StoreUnsafe: our own store does not start, or the store cannot keep our promises. Another
            one that does not answer is waited for.
        ServiceFailed: a service ends at once, however often it is started.
    """
    settings = _with_its_folder(settings)
    preload(services.SHARED)
    with (
        only_one(settings.data_dir) as run,
        EmbeddedStore(settings) as own,
        Supervisor(run=run, logs=settings.data_dir / "logs", say=say) as supervisor,
    ):
        _require_what_is_asked_here(UP, settings)
        start = partial(Start, UP, settings, supervisor=supervisor, run=run, say=say)
        look = partial(_looked_at, settings, own)
        if settings.redis_url:
            start(settings.redis_url, look=look).as_soon_as_it_answers(when_ready)
        else:
            _with_own_store(settings, partial(start, look=look), supervisor, say, when_ready)
        say("stopping …")


def run_role(role: Role, settings: Settings, say: Say, when_ready: WhenReady) -> None:
    """The same for a part of the services, on a ledger that other hosts share.

    Raises:
        as `run_stack`; and ConfigError: the settings name no such ledger.
    """
    redis_url = require_shared_ledger(role, settings)
    settings = _with_its_folder(settings)
    if len(role.services) > 1:  # else there is nobody to share with
        preload(services.SHARED)
    with (
        only_one(settings.data_dir, role) as run,
        Supervisor(run=run, logs=settings.data_dir / "logs", say=say) as supervisor,
    ):
        _require_what_is_asked_here(role, settings)
        start = Start(
            role, settings, redis_url, supervisor, run, say, lambda ledger: ledger.recovery.restored()
        )
        start.as_soon_as_it_answers(when_ready)
        say("stopping …")


def _with_its_folder(settings: Settings) -> Settings:
    return settings.model_copy(update={"data_dir": private_folder(settings.data_dir.absolute())})


def _require_what_is_asked_here(role: Role, settings: Settings) -> None:
    require_free_ports(role, settings)
    if role.flower:
        require_flower_login(settings)


def _looked_at(settings: Settings, own: EmbeddedStore, ledger: Ledger) -> Restored | None:
    """Before anything can be sent: is the store as it was left?"""
    if settings.redis_url is None:
        own.ledger = ledger.recovery.id()
        return detect_restore(ledger, settings, own.found)
    count_tick(ledger, settings)
    return ledger.recovery.restored()


def _with_own_store(
    settings: Settings,
    start_on: Callable[[str], Start],
    supervisor: Supervisor,
    say: Say,
    when_ready: WhenReady,
) -> None:
    store = prepare_embedded(settings.data_dir)
    supervisor.start(services.valkey_service(store, without_our_variables()))
    start = start_on(store.url)
    try:
        if _answers(store, supervisor, say, start.start_web):
            announce(store)
            supervisor.worked(services.VALKEY)
            start.everything(when_ready)
    finally:
        withdraw(store)


def _answers(store: EmbeddedValkey, supervisor: Supervisor, say: Say, start_web: Callable[[], str]) -> bool:
    """Wait for it as long as it takes to load, taking callbacks if that is long; False when the end was
    asked for meanwhile."""
    begun = time.monotonic()
    web_started = False
    while not supervisor.stopping:
        answer = ask(store)
        if answer is PingAnswer.READY:
            return True
        if supervisor.deaths(services.VALKEY):
            raise why_it_died(store, supervisor.last_words(services.VALKEY))
        late = answer is PingAnswer.LOADING or time.monotonic() - begun > STORE_SECONDS
        if late and not web_started:
            web_started = True
            say(
                f"reading the ledger from disk …; until then callbacks are taken at {start_web()} and kept on disk"
            )
        supervisor.step(0.05)
    return False
