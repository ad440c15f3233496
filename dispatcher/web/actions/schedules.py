"""What is still to come: a schedule changed or ended, a campaign's start moved; done, and noted in the audit log."""

from __future__ import annotations

from dispatcher.ledger.campaigns.schedules import Schedule
from dispatcher.model.campaign import Campaign
from dispatcher.pipeline.campaigns import lifecycle
from dispatcher.pipeline.schedules.recurring import change_schedule, end_schedule
from dispatcher.web.actions.submissions import find_campaign
from dispatcher.web.site.site import Site


def change(site: Site, who: str, schedule_id: str, every: str | None, late: str | None) -> Schedule:
    """Give a schedule another calendar line or patience.

    Raises:
        NotFound, InputError: there is none, or the line is not one.
    """
    changed = change_schedule(site.ledger, schedule_id, every, late)
    site.audit_log.note(who, f"changed the schedule {schedule_id}")
    return changed


def change_start(site: Site, who: str, campaign_id: str, at: str) -> Campaign:
    """Give a campaign that has not started another start.

    Raises:
        NotFound, InputError, Conflict: there is none, it is not a time, or it has started.
    """
    find_campaign(site, campaign_id)
    changed = lifecycle.change_start(site.ledger, campaign_id, at, site.settings)
    site.audit_log.note(who, "changed its start", campaign_id)
    return changed


def cancel(site: Site, who: str, schedule_id: str) -> None:
    """End a schedule.

    Raises:
        NotFound: there is none.
    """
    end_schedule(site.ledger, schedule_id)
    site.audit_log.note(who, f"cancelled the schedule {schedule_id}")


def find_schedule(site: Site, schedule_id: str) -> tuple[Schedule, int]:
    """A schedule and ms of its next occurrence.

    Raises:
        NotFound: there is none.
    """
    schedule = site.ledger.schedules.get(schedule_id)
    return schedule, site.ledger.schedules.next_ms(schedule_id)
