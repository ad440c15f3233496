"""Where Redis is: the address that is set, or that of the embedded Valkey, and what it says of TLS.

Needs nothing but the standard library, as whoever asks a single question does (`question`).
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from dispatcher.errors import ConfigError

_TLS = "rediss://"
_VERIFIED = {"none", "optional", "required"}


def found_address(redis_url: str | None, data_dir: Path) -> str:
    """The address of the ledger: `MMS_REDIS_URL`, else that of the embedded Valkey of this data folder.

    Raises:
        ConfigError: neither is there.
    """
    url = redis_url or embedded_url(data_dir)
    if url is None:
        raise ConfigError(
            f"no Redis: MMS_REDIS_URL is not set and no embedded Valkey is known in {data_dir}",
            hint="start everything with `mms up` in this folder, or set MMS_REDIS_URL",
        )
    return url


def embedded_url(data_dir: Path) -> str | None:
    """The URL of the embedded Valkey that runs for this data folder, None if none was announced.

    After a crash of everything the announced one may be gone: connecting then says so.
    """
    try:
        return (data_dir / "valkey" / "address").read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def address(url: str) -> str:
    """The address with what TLS asks for said: certificate and name are verified, unless it says otherwise itself.

    Celery's words for that (`CERT_REQUIRED`) are taken, too.

    Raises:
        ConfigError: it says what nobody understands.
    """
    if not url.startswith(_TLS):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        raise no_address() from None
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    verified = asked.get("ssl_cert_reqs", "required").lower().removeprefix("cert_")
    if verified not in _VERIFIED:
        raise no_address()
    asked["ssl_cert_reqs"] = verified
    asked.setdefault("ssl_check_hostname", str(verified != "none").lower())
    return urlunsplit(parts._replace(query=urlencode(asked, safe="/")))


def no_address(variable: str = "MMS_REDIS_URL") -> ConfigError:
    """What is set is none; its text may hold the password."""
    return ConfigError(
        f"{variable} is no address of a Redis",
        hint="like redis://:PASSWORD@HOST:6379/0, rediss://… with TLS, unix:///PATH/redis.sock, "
        "sentinel://:PASSWORD@HOST,HOST,HOST/0?master_name=NAME; what is odd in a password is written %XX",
    )
