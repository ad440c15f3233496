"""`mms campaign list` and `show`: what there is, and how it goes."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from dispatcher.cli.campaign._status_lines import done_rows
from dispatcher.cli.shell.context import open_ledger
from dispatcher.cli.shell.options import AsJson, CampaignId
from dispatcher.cli.shell.output import campaign_json, print_json, say
from dispatcher.cli.shell.tables import counts_table, facts_table, out
from dispatcher.model.campaign import Campaign
from dispatcher.pipeline.estimates.estimate import estimated


def list_command(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show campaigns, the newest first.

    Example: mms campaign list --json
    """
    campaigns = open_ledger().ledger.campaigns.list(limit=limit)
    if as_json:
        print_json([campaign_json(campaign) for campaign in campaigns])
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "state", "rows", "done", "created", "name"):
        table.add_column(heading, justify="right" if heading in {"rows", "done"} else "left", overflow="fold")
    for campaign in campaigns:
        row = (
            campaign.id,
            campaign.state.value,
            str(campaign.rows or campaign.rows_read),
            str(done_rows(campaign)),
        )
        table.add_row(*row, campaign.created_at[:19] + "Z", campaign.name)
    out().print(table if campaigns else "no campaigns yet: mms campaign submit FILE")


def show_command(campaign_id: CampaignId, as_json: AsJson = False) -> None:
    """Show one campaign: state, times, recipients by state.

    Example: mms campaign show spring-x7k2mp
    """
    ledger, config = open_ledger()
    campaign = estimated(ledger, ledger.campaign(campaign_id), hours_margin=config.hours_margin)
    if as_json:
        print_json(campaign_json(campaign))
        return
    out().print(facts_table(_facts(campaign)))
    out().print(counts_table(campaign))
    if config.public_url is None and not config.simulate:
        say(
            "note: MMS_PUBLIC_URL is not set, so CarrierX cannot call back: states come by polling (mms doctor)"
        )


def _facts(campaign: Campaign) -> list[tuple[str, str | None]]:
    return [
        ("state", campaign.state.value),
        ("reason", campaign.reason),
        ("rows", str(campaign.rows if campaign.rows is not None else f"{campaign.rows_read} so far")),
        ("messages", str(campaign.messages)),
        ("rate", campaign.rate),
        ("cost", f"${campaign.cost} confirmed" if campaign.cost else None),
        ("done by", campaign.finish_at),
        ("created", campaign.created_at),
        ("starts", campaign.start_at),
        ("started", campaign.started_at),
        ("sent by", campaign.finished_at),
        ("settled", campaign.settled_at),
        ("erased", campaign.erased_at),
    ]
