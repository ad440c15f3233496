"""Telling the workers at once what the tick would find a second later."""

from __future__ import annotations

from dispatcher.cli.shell.output import say


def hint_expansion(campaign_id: str) -> None:
    """Publish the first hint; if the broker does not take it, the tick finds the campaign all the same."""
    from tasks import hints  # noqa: PLC0415 - only the commands that speak to Celery pay for loading it

    try:
        hints.expand(campaign_id)
    except Exception:
        say("note: the broker did not take the hint; the campaign starts with the next tick")
