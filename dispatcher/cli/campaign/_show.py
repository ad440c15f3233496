"""`mms campaign show`: how a campaign goes."""

from __future__ import annotations

from dispatcher.cli.shell.context import open_ledger
from dispatcher.cli.shell.options import AsJson, CampaignId
from dispatcher.cli.shell.output import campaign_json, counted, print_json, say
from dispatcher.cli.shell.tables import counts_table, facts_table, out
from dispatcher.model.campaign import Campaign
from dispatcher.pipeline.estimates.estimate import estimated


def show_command(campaign_id: CampaignId, as_json: AsJson = False) -> None:
    """Show one campaign: state, times, recipients by state.

    Example: mms campaign show spring-x7k2mp
    """
    ledger, config = open_ledger()
    campaign = estimated(ledger, ledger.campaign(campaign_id), config)
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
        ("mended", f"{counted(campaign.mended, 'cell')} of its file" if campaign.mended else None),
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
