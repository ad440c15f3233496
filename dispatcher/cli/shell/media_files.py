"""`--media FILE`: local media get the address at which this installation will serve them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dispatcher.host.egress import egress_of
from dispatcher.ledger.ledger import Ledger
from dispatcher.media.files import MediaFile, media_address, media_base, read_media_file
from dispatcher.media.gate import MediaGate
from dispatcher.media.resolver import AllowList
from dispatcher.settings import Settings
from dispatcher.stack.run_directory import published


def base_of(config: Settings) -> str | None:
    """Where the world reaches this installation, by the rule that the console has; None: nowhere.

    The console may run here on another port than this command was told.
    """
    running = published(config.data_dir)
    port = urlsplit(running.web_url).port if running is not None else None
    return media_base(config.public_url, port or config.web_port, simulate=config.simulate)


def addressed(given: Any, folder: Path, base: str | None, found: dict[str, MediaFile]) -> Any:
    """These media with an address under `base` for each file, which is put into `found`.

    What is no text is left to the settings.

    Raises:
        InputError: a file is not there or no medium, or the world cannot reach us.
    """
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list | tuple):
        return given
    return [_address(item, folder, base, found) if isinstance(item, str) else item for item in given]


def _address(item: str, folder: Path, base: str | None, found: dict[str, MediaFile]) -> str:
    if "://" in item:
        return item
    file = read_media_file(folder / item)
    url = media_address(base, file.hash)
    found[url] = file
    return url


def gate_for(config: Settings, media_files: Mapping[str, MediaFile]) -> MediaGate:
    """The media gate of these settings, which knows these files."""
    known = {url: file.facts for url, file in media_files.items()}
    return MediaGate(
        AllowList(config.media_allow), known=known, fictional_ok=config.simulate, egress=egress_of(config)
    )


def store_media(ledger: Ledger, media_files: Mapping[str, MediaFile]) -> list[str]:
    """Put local media into the ledger; answers their hashes, for the campaign that needs them."""
    for file in media_files.values():
        ledger.media.store(file.hash, file.kind, file.content)
    return [file.hash for file in media_files.values()]
