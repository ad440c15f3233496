"""The options that `submit` and `check` have alike, said once: a decorator gives them to a command."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, get_type_hints

from dispatcher.cli.shell import options
from dispatcher.cli.shell.chosen import CALENDAR, Chosen, choose
from dispatcher.cli.shell.media_files import base_of
from dispatcher.settings import Settings


@dataclass(frozen=True)
class CampaignOptions:
    """A campaign's settings as a person gives them on the command line, in the order of the help."""

    name: options.Name = None
    sender: options.From = None
    message: options.MessageText = None
    media: options.Media = None
    group_size: options.GroupSize = None
    group_by: options.GroupBy = None
    rate: options.RateOption = None
    at: options.At = None
    expires_after: options.ExpiresAfter = None
    quiet_hours: options.QuietHours = None
    max_cost: options.MaxCost = None
    priority: options.Priority = None
    on_unconfirmed: options.OnUnconfirmed = None
    no_media_check: options.NoMediaCheck = False
    strict: options.Strict = False
    allow_same_file: options.AllowSameFile = False
    to: options.To = None
    consent: options.Consent = None
    on_no_consent: options.OnNoConsent = None
    sheet: options.Sheet = None
    hidden_rows: options.HiddenRows = False
    encoding: options.Encoding = None
    smart_encoding: options.SmartEncoding = False
    unknown_area_codes: options.UnknownAreaCodes = None
    every: options.Every = None
    run_late_within: options.RunLateWithin = None

    def choose(self, file: Path, config: Settings) -> Chosen:
        """What they ask for, over the file's settings file.

        Raises:
            InputError: one of them, or a key of the settings file, cannot be used.
        """
        given = dict(vars(self))
        calendar = {name: given.pop(name) for name in CALENDAR}
        given |= {"from": given.pop("sender"), "media_urls": given.pop("media")}
        return choose(file, given, media_base=base_of(config), calendar=calendar)


def campaign_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes the options themselves where this one takes `CampaignOptions`."""
    asked = inspect.signature(command, eval_str=True)
    [ours] = [each.name for each in asked.parameters.values() if each.annotation is CampaignOptions]
    hints = get_type_hints(CampaignOptions, include_extras=True)
    fields = [
        each.replace(annotation=hints[each.name])
        for each in inspect.signature(CampaignOptions).parameters.values()
    ]

    @wraps(command)
    def called(**given: Any) -> None:
        given[ours] = CampaignOptions(**{each.name: given.pop(each.name) for each in fields})
        command(**given)

    parameters: list[inspect.Parameter] = []
    for each in asked.parameters.values():
        parameters += fields if each.name == ours else [each]
    called.__signature__ = asked.replace(parameters=parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    return called
