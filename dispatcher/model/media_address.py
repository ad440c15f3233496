"""A media address in one writing: what is asked before the campaign is to the letter what CarrierX gets."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

import idna

_PORTS = {"http": 80, "https": 443}
_SAFE = "/%:=&~+!$,;'@()*[]-._?"
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z")
_EPOCH = re.compile(r"[12]\d{9}(?:\d{3})?")
_HEX_EPOCH = re.compile(r"[4-9a-f][0-9a-f]{7}", re.IGNORECASE)


def canonical(url: str) -> str:
    """The address as every program reads it: its host as ASCII, its path and query percent-encoded, no fragment.

    Raises:
        ValueError: it is no absolute http or https address.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise ValueError("no web address")
    query = f"?{_quoted(parts.query)}" if "?" in url.partition("#")[0] else ""
    return f"{parts.scheme}://{_host(parts)}{_without_dots(_quoted(parts.path or '/'))}{query}"


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if not host.isascii():
        host = idna.encode(host, uts46=True).decode()  # its errors are ValueErrors
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, _PORTS[parts.scheme]) else f"{host}:{parts.port}"


def _quoted(text: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", text), safe=_SAFE)


def _without_dots(path: str) -> str:
    """The path without `.` and `..`, which some programs resolve before they ask and some do not."""
    if "/." not in path:
        return path
    kept: list[str] = []
    for part in path.split("/")[1:]:
        if part == ".." and kept:
            kept.pop()
        elif part not in (".", ".."):
            kept.append(part)
    return "/" + "/".join(kept) + ("/" if path.endswith(("/.", "/..")) and kept else "")


def ends_at(url: str) -> dt.datetime | None:
    """When a signed address stops working, as it says itself; None if it does not say."""
    said = {name.lower(): value for name, value in parse_qsl(urlsplit(url).query)}
    found = [moment for read in _READERS if (moment := read(said)) is not None]
    return min(found, default=None)


def _signed_for(issuer: str) -> Callable[[Mapping[str, str]], dt.datetime | None]:
    """Signed at a time for so many seconds: Amazon, Google, Alibaba."""

    def read(said: Mapping[str, str]) -> dt.datetime | None:
        stamp, seconds = _STAMP.fullmatch(said.get(f"{issuer}date", "")), said.get(f"{issuer}expires", "")
        if not stamp or not seconds.isdecimal() or len(seconds) > 9:
            return None
        try:
            signed = dt.datetime(*map(int, stamp.groups()), tzinfo=dt.UTC)  # type: ignore[arg-type, misc]
        except ValueError:
            return None
        return signed + dt.timedelta(seconds=int(seconds))

    return read


def _seconds_since_1970(said: Mapping[str, str]) -> dt.datetime | None:
    """`Expires=1767225600` of CloudFront and of older signatures, and what many others call so."""
    for name in ("expires", "expiry", "expire", "exp", "e", "x-expires"):
        if _EPOCH.fullmatch(value := said.get(name, "")):
            return dt.datetime.fromtimestamp(int(value[:10]), dt.UTC)
    return None


def _end_of_a_span(said: Mapping[str, str]) -> dt.datetime | None:
    """`q-sign-time=from;to` of Tencent, `hdnts=…exp=…~hmac=…` of Akamai."""
    span = re.fullmatch(r"\d{10};(\d{10})", said.get("q-sign-time", ""))
    token = said.get("hdnts") or said.get("hdnea") or said.get("__token__") or ""
    found = span or re.search(r"(?:^|~)exp=(\d{10})(?:~|$)", token)
    return dt.datetime.fromtimestamp(int(found[1]), dt.UTC) if found else None


def _azure(said: Mapping[str, str]) -> dt.datetime | None:
    if "sig" not in said or "se" not in said:
        return None
    try:
        moment = dt.datetime.fromisoformat(said["se"])
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _in_hex(said: Mapping[str, str]) -> dt.datetime | None:
    """`oe=` of Facebook's pictures, `ex=` of Discord's, each beside its signature."""
    for name, signature in (("oe", "oh"), ("ex", "hm")):
        if signature in said and _HEX_EPOCH.fullmatch(value := said.get(name, "")):
            return dt.datetime.fromtimestamp(int(value, 16), dt.UTC)
    return None


_READERS = (
    *map(_signed_for, ("x-amz-", "x-goog-", "x-oss-")),
    _seconds_since_1970,
    _end_of_a_span,
    _azure,
    _in_hex,
)
