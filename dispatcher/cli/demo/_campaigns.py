"""The demo's campaigns: which files, how they are submitted, followed to the end, and reported."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import dispatcher
from dispatcher.cli.campaign.check import look_at
from dispatcher.cli.shell.chosen import Chosen, choose
from dispatcher.cli.shell.wait import why
from dispatcher.errors import FileRefused, InputError, MmsError
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign, CampaignSettings
from dispatcher.model.state import FINAL, CampaignState
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.reports.report import write_report
from dispatcher.settings import Settings

#: In the source a link to `campaigns/`; in a wheel the files themselves.
EXAMPLES_FOLDER = Path(dispatcher.__file__).parent / "examples"
EXAMPLES = ("demo.csv", "demo-groups.csv")

#: The number that a file without a sender is sent from; nobody has it.
FICTIONAL_SENDER = "19075550199"

LOOK_SECONDS = 0.25
#: When no row changes its state for so long, something is broken.
STALL_SECONDS = 60.0


@dataclass(frozen=True)
class DemoCampaign:
    """A file that was found sendable, and its settings."""

    file: Path
    chosen: Chosen
    as_typed: str
    """The options with which `mms campaign submit` sends it in the same way again."""


def demo_files(file: Path | None) -> list[Path]:
    """The given file, or the examples that come along: in a clone `campaigns/` is where they are."""
    if file is not None:
        return [file.absolute()]
    clone = Path.cwd() / "campaigns"
    here = clone.exists() and EXAMPLES_FOLDER.exists() and clone.samefile(EXAMPLES_FOLDER)
    folder = clone if here else EXAMPLES_FOLDER
    return [folder / name for name in EXAMPLES]


def looked_at(file: Path, config: Settings) -> DemoCampaign:
    """Check a file. The demo sends at once and at any hour, and lends a sender to who has none.

    Raises:
        FileRefused: it cannot be sent; says which file.
    """
    try:
        own = choose(file, {}).settings
        settings, fixed, *_ = choose(file, {"quiet_hours": "off", "no_media_check": True})
        changes: dict[str, object] = {"at": None, "allow_same_file": True}
        if not settings.senders:
            changes["senders"] = (FICTIONAL_SENDER,)
        chosen = Chosen(settings.model_copy(update=changes), fixed)
        result = look_at(file, chosen, config)
    except InputError as error:
        raise _of_file(file, error) from None
    if not result.sendable:
        first = result.errors[0].message if result.errors else "it has no rows"
        raise FileRefused(
            "nothing_sendable",
            f"{file.name}: no row can be sent; the first: {first}",
            hint="`mms campaign check` shows all of them",
        )
    return DemoCampaign(file, chosen, _as_typed(own))


def _as_typed(own: CampaignSettings) -> str:
    """What the demo sets beyond the file's own settings, and a wait if there is nothing far off to wait for."""
    lent = {
        f"--from {FICTIONAL_SENDER}": not own.senders,
        "--quiet-hours off": own.quiet_hours != "off",
        "--no-media-check": own.media_check,
        "--allow-same-file": True,
        "--wait": own.at is None,
    }
    return " ".join(option for option, needed in lent.items() if needed)


def _of_file(file: Path, error: InputError) -> FileRefused:
    """The same error, with the file's name."""
    message = f"{file.name}: {error.message}"
    if isinstance(error, FileRefused):
        return FileRefused(error.code, message, line=error.line, column=error.column, hint=error.hint)
    return FileRefused("unusable", message, hint=error.hint)


def submit_all(ledger: Ledger, campaigns: Sequence[DemoCampaign], config: Settings) -> list[str]:
    """Put them into the ledger; answers their ids. The tick finds them."""
    ids = []
    for campaign in campaigns:
        with campaign.file.open("rb") as source:
            settings, fixed, *_ = campaign.chosen
            ids.append(
                submit(
                    ledger,
                    source,
                    filename=campaign.file.name,
                    settings=settings,
                    fixed=fixed,
                    config=config,
                )
            )
    return ids


def final_rows(campaign: Campaign) -> int:
    """Rows that are where they will stay."""
    return sum(count for state, count in campaign.counts.items() if state in FINAL)


def follow(ledger: Ledger, ids: Sequence[str], on_look: Callable[[list[Campaign]], None]) -> list[Campaign]:
    """Look at them until every row of each is final.

    Raises:
        MmsError: one was paused, cancelled or failed, or nothing moves any more.
    """
    moved, seen = time.monotonic(), [0]
    while True:
        campaigns = [ledger.campaign(each) for each in ids]
        on_look(campaigns)
        if all(campaign.settled_at for campaign in campaigns):
            return campaigns
        now = [count for campaign in campaigns for count in (campaign.rows_read, *campaign.counts.values())]
        if now != seen:
            moved, seen = time.monotonic(), now
        _give_up_if_stuck(campaigns, time.monotonic() - moved)
        time.sleep(LOOK_SECONDS)


def _give_up_if_stuck(campaigns: Sequence[Campaign], still_seconds: float) -> None:
    for campaign in campaigns:
        if campaign.settled_at:
            continue
        if campaign.state in {CampaignState.PAUSED, CampaignState.CANCELLED, CampaignState.FAILED}:
            raise MmsError(f"{campaign.id} is {campaign.state.value}: {campaign.reason or 'no reason given'}")
        if still_seconds > STALL_SECONDS:
            raise MmsError(f"{campaign.id} has not moved for {STALL_SECONDS:.0f} s: {why(campaign)}")


def prove_sums(campaigns: Sequence[Campaign]) -> None:
    """Every row of each file is in exactly one state, and in a final one.

    Raises:
        MmsError: naming the campaign whose counts do not add up.
    """
    for campaign in campaigns:
        if not campaign.rows == sum(campaign.counts.values()) == final_rows(campaign):
            raise MmsError(
                f"{campaign.id}: the counts do not add up to {campaign.rows} rows in a final state"
            )


def write_reports(ledger: Ledger, ids: Sequence[str], folder: Path) -> list[Path]:
    """Write each campaign's report; answers the files."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = []
    for each in ids:
        file = folder / f"{each}.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            write_report(ledger, each, out)
        files.append(file)
    return files
