"""A campaign: its settings as a person gave them, and its snapshot as the ledger keeps it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)

from dispatcher.model.state import CampaignState, RecipientState

CAMPAIGN_ID = r"^[a-z0-9][a-z0-9-]{0,31}$"
QuietHours = Literal["off", "federal", "us-strict"]
Named = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
#: As it is written in the workbook: two names may differ by a space alone.
SheetName = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class CampaignSettings(BaseModel):
    """What `submit`, `check`, the TOML file beside a campaign file and the API take; the same names everywhere.

    Numbers in `senders` have 11 digits without `+`. `rate` and the like keep their written form (`20/s`), checked.
    From `to` on they say how the file is read: the recipients' column, the consent column and what a no in it does, the
    sheet of a workbook and whether its hidden rows count, the encoding; None: found out. They are written out only
    where they are set: a program from before them reads every campaign that does without.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)] = "campaign"
    senders: tuple[str, ...] = Field(default=(), alias="from")
    message: str | None = None
    media_urls: tuple[str, ...] = ()
    group_size: int | None = Field(default=None, ge=2, le=9)
    group_by: str | None = None
    rate: str | None = None
    at: str | None = None
    expires_after: str | None = None
    quiet_hours: QuietHours = "us-strict"
    max_cost: str | None = None
    priority: Literal["normal", "urgent"] = "normal"
    on_unconfirmed: Literal["lookup", "hold"] = "lookup"
    media_check: bool = True
    strict: bool = False
    allow_same_file: bool = False
    to: Named | None = None
    consent: Named | None = None
    on_no_consent: Literal["skip", "send"] = "skip"
    sheet: SheetName | None = None
    hidden_rows: bool = False
    encoding: Named | None = None
    smart_encoding: bool = False
    unknown_area_codes: Literal["refuse", "send"] = "refuse"

    @model_serializer(mode="wrap")
    def _without_what_is_not_set(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = written(self)
        for name in LATER_SETTINGS & fields.keys():
            if fields[name] == CampaignSettings.model_fields[name].default:
                del fields[name]
        return fields


#: Settings that the first version did not have.
LATER_SETTINGS = frozenset(
    {
        "to",
        "consent",
        "on_no_consent",
        "sheet",
        "hidden_rows",
        "encoding",
        "smart_encoding",
        "unknown_area_codes",
    }
)


class Campaign(BaseModel):
    """A snapshot of one campaign. Times are ISO 8601 UTC or None; `rows` is None until the file is read.
    `mended` counts the cells of its file that a person mended before it was sent."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    state: CampaignState
    reason: str | None = None
    rows: int | None = None
    rows_read: int = 0
    mended: int = 0
    counts: dict[RecipientState, int]
    messages: int = 0
    rate: str | None = None
    finish_at: str | None = None
    cost: str | None = None
    created_at: str
    start_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    settled_at: str | None = None
    erased_at: str | None = None
    settings: CampaignSettings
