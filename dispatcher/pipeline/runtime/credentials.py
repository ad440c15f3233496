"""The CarrierX token in use: of the token file, else of the settings; looked at again while the process runs.

The settings have it from a variable, from the file that `MMS_CARRIERX_TOKEN_FILE` names (where platforms put a new
secret while processes run), or from `mms.toml`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dispatcher.carrierx.client import CarrierX
from dispatcher.errors import ConfigError
from dispatcher.host.egress import egress_of
from dispatcher.settings import Settings, load_settings
from dispatcher.sources import FILE, file_of

#: Files are looked at so often at most.
LOOK_SECONDS = 1.0

_Signature = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """A token and the client that shows it: one POST uses both of one moment."""

    client: CarrierX
    token: str = field(repr=False)


def token_file(settings: Settings) -> Path:
    """Where `mms token carrierx` writes the token."""
    return settings.data_dir / "carrierx-token"


def token_of(settings: Settings) -> str | None:
    """The token: of the file in the data folder, else of environment or TOML. Simulated: never of the file."""
    if not settings.simulate:
        try:
            written = token_file(settings).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            written = ""
        if written:
            return written
    return settings.carrierx_token.get_secret_value() if settings.carrierx_token else None


def client_of(settings: Settings, token: str) -> CarrierX:
    """A client of CarrierX that shows this token."""
    return CarrierX(
        settings.carrierx_url,
        token,
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        pool_size=settings.in_flight + 8,
        egress=egress_of(settings),
    )


class TokenInUse:
    """The token that this process uses now. Thread-safe; made in the process that uses it, never across a fork."""

    def __init__(self, settings: Settings, *, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._stopwatch = stopwatch
        self._lock = threading.Lock()
        self._signature = self._sign()
        self._looked = stopwatch()
        token = token_of(settings)
        self._access = Access(client_of(settings, token), token) if token else None

    def access(self) -> Access | None:
        """Token and client as they are now, looked at again when the last look is a second ago."""
        with self._lock:
            if self._stopwatch() - self._looked >= LOOK_SECONDS:
                self._look()
            return self._access

    def look_again(self) -> None:
        """Look now: what was used until now does not work."""
        with self._lock:
            self._look()

    def _look(self) -> None:
        self._looked = self._stopwatch()
        signature = self._sign()
        if signature == self._signature:
            return
        try:
            token = token_of(self._settings_now(signature))
        except ConfigError:
            return  # somebody is writing mms.toml, or the file that the variable names
        self._signature = signature
        if token and (self._access is None or token != self._access.token):
            self._access = Access(client_of(self._settings, token), token)

    def _settings_now(self, signature: _Signature) -> Settings:
        """The settings, with the token that mms.toml or the variable's file holds by now, if one of them changed."""
        if self._settings.simulate or signature[1:] == self._signature[1:]:
            return self._settings
        token = load_settings().carrierx_token or self._settings.carrierx_token
        return self._settings.model_copy(update={"carrierx_token": token})

    def _sign(self) -> _Signature:
        named = file_of("carrierx_token")
        return _signed(token_file(self._settings)), _signed(Path(FILE)), _signed(named) if named else None


def _signed(file: Path) -> tuple[int, int, int] | None:
    try:
        seen = os.stat(file)
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size, seen.st_ino
