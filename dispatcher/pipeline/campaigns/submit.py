"""A campaign enters the ledger: its file stored, its settings kept, its reading put on the agenda."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import BinaryIO

from dispatcher.errors import Conflict, StoreUnavailable, SubmittedBefore
from dispatcher.ledger.campaigns.campaigns import new_id
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import LATER_SETTINGS, CampaignSettings
from dispatcher.model.media import MediaFacts
from dispatcher.pipeline.campaigns.column_memory import remember_column
from dispatcher.pipeline.campaigns.send_constraints import constraints_of, require_prices, require_start
from dispatcher.roster.columns import heading_key
from dispatcher.roster.mends import split_off
from dispatcher.roster.opening import open_roster
from dispatcher.roster.roster import Roster
from dispatcher.rules.rates import parse_rate
from dispatcher.rules.send_window import SendWindow
from dispatcher.settings import Settings


def submit(
    ledger: Ledger,
    source: BinaryIO,
    *,
    filename: str,
    settings: CampaignSettings,
    fixed: frozenset[str],
    config: Settings,
    media: Mapping[str, MediaFacts] | None = None,
    media_files: Sequence[str] = (),
    kind: str = "",
    draft: bool = False,
    verbatim: bool = False,
) -> str:
    """Store the file and make the campaign; answers its id. `source` can be rewound.

    The file was checked before (`preflight.check`); here only its head is read once more. Sending begins when the
    whole file is in the ledger and the start time has come. `media` is what the check found about media addresses,
    `media_files` are the hashes of stored media that the campaign needs; `kind` see `Campaigns.create`. A
    `draft` is kept and nothing of it is read or sent until it is launched. A `verbatim` message was written for its one
    recipient, who gets it whatever it says.

    Raises:
        FileRefused, InputError: the file's head or a setting is wrong; nothing was stored.
        SubmittedBefore: the same is a campaign of the last 24 hours, and the settings do not allow that.
        StoreUnavailable: Redis does not answer; nothing will be sent, unless the error says that nobody knows.
    """
    start_at = SendWindow.under(settings, config).begins
    limit = parse_rate(settings.rate) if settings.rate else None
    require_prices(settings, config)
    if not draft:
        require_start(settings.at, ledger.agenda.now_ms())
    roster = open_roster(
        source, filename=filename, settings=settings, fixed=fixed, config=config, media=media
    )
    if not verbatim:
        roster.refuse_unfit_message()
    settings = roster.settled(settings)
    digest = digest_of(source, settings, roster)
    if not draft and not settings.allow_same_file and (earlier := ledger.campaigns.made_before(digest)):
        raise SubmittedBefore(earlier)
    create = partial(
        ledger.campaigns.create,
        settings=settings,
        fixed=fixed,
        filename=filename,
        columns=roster.column_names,
        start_at_ms=int(start_at.timestamp() * 1000) if start_at else None,
        settle_ms=int(config.settle_window * 1000),
        rate=(limit.interval_us, limit.tolerance_us) if limit else None,
        digest=digest,
        media=media,
        media_files=media_files,
        kind=kind,
        constraints=constraints_of(settings),
        draft=draft,
        mended=len(roster.mends),
    )
    ledger.inbound.learn_ours(settings.senders)
    remember_column(ledger, roster.column_names, settings, fixed)
    for _ in range(5):
        source.seek(0)
        campaign_id = new_id(settings.name)
        chunks = ledger.uploads.store(campaign_id, source)
        try:
            if create(campaign_id, chunks=chunks):
                return campaign_id
        except SubmittedBefore:
            ledger.uploads.drop(campaign_id, chunks)
            raise
        except StoreUnavailable as error:
            raise _perhaps_made(campaign_id, error) from error
    raise Conflict("no free campaign id was found", hint="submit again, with another --name")


def _perhaps_made(campaign_id: str, error: StoreUnavailable) -> StoreUnavailable:
    return StoreUnavailable(
        f"{error.message}, and it is not known whether the campaign was made",
        hint=f"before you submit it again, look with `mms campaign show {campaign_id}` when Redis is back",
    )


def digest_of(source: BinaryIO, settings: CampaignSettings, roster: Roster) -> str:
    """What two submits have in common that would reach the same people with the same text: the file's own bytes without
    its mends, the settings, and where the recipients were found, however that was said. What else says how the file is
    read makes no difference, nor does a name. For a plain file older programs answer the same."""
    source.seek(0)
    digest = hashlib.sha256()
    own = split_off(source)[1]
    while block := own.read(1 << 18):
        digest.update(block)
    ignored = {"name", "allow_same_file", "strict", "media_check", *LATER_SETTINGS}
    compared = settings.model_dump(mode="json", exclude=ignored) | _found_in(roster)
    digest.update(json.dumps(compared, sort_keys=True).encode())
    return digest.hexdigest()


def _found_in(roster: Roster) -> dict[str, str]:
    """The column and the sheet of the recipients, each only where it is not the one that all programs take."""
    read = {each.setting: each.value for each in roster.readings}
    found = {} if roster.columns.is_usual else {"to": heading_key(read["to"])}
    return found | ({"sheet": read["sheet"]} if "sheet" in read else {})
