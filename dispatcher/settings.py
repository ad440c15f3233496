"""All settings, read once: environment variables with the prefix `MMS_`, then `mms.toml`, then these defaults.

`docs/operations.md` has the same table; a test compares the two.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from dispatcher.errors import ConfigError
from dispatcher.numbering.area_codes import area_codes
from dispatcher.numbering.regions import regions_named
from dispatcher.sources import in_file, written

_OF_REDIS = ("redis://", "rediss://", "unix://", "sentinel://", "sentinels://")
CARRIERX_API = "https://api.carrierx.com/core/v2"


class Settings(BaseModel):
    """One value per `MMS_…` variable; durations in seconds, sizes in bytes, unless the name says otherwise."""

    model_config = ConfigDict(extra="ignore", frozen=True, validate_default=True)

    carrierx_url: str = Field(CARRIERX_API, description="Base URL of CarrierX's Core API.")
    carrierx_token: SecretStr | None = Field(
        None, description="Bearer token with scope sms.create or sms.manage."
    )
    simulate: bool = Field(
        False,
        description="This installation talks to the simulator; set by `mms up --simulate` for its processes.",
    )
    redis_url: str | None = Field(
        None,
        description="Redis or Valkey with the ledger, or its Sentinels. Unset: the embedded Valkey of the data folder.",
    )
    broker_url: str | None = Field(
        None, description="Celery's broker: Redis or RabbitMQ. Unset: the same as the ledger."
    )
    broker_api: SecretStr | None = Field(
        None,
        description="RabbitMQ's management for Flower, http://HOST:15672/api/. Unset: the broker's host, that port.",
    )
    data_dir: Path = Field(
        Path(".mms"), description="Folder of the embedded Valkey, secrets, reports and logs."
    )
    public_url: str | None = Field(
        None,
        description="Where CarrierX reaches our callback receiver, e.g. https://mms.example.com. Unset: polling.",
    )
    callback_key: SecretStr | None = Field(
        None, description="Last part of the callback URL. Unset: made once, kept in the ledger."
    )
    secret: SecretStr | None = Field(
        None, description="Key of the MAC in user_data. Unset: made once, kept in the ledger."
    )
    admin_token: SecretStr | None = Field(
        None,
        description="Token of our own API and first login. Unset: made once, printed once, kept in the data folder.",
    )
    account_rate: str = Field(
        "", description="Legs and segments a second, whole account. 10/s; simulated 200/s."
    )
    sender_rate: str = Field("", description="The same for each sending number. 1/s; simulated 200/s.")
    https_proxy: str = Field(
        "", repr=False, description="Proxy for all that is asked outside; `off`: none. Unset: `HTTPS_PROXY`."
    )
    no_proxy: str = Field("", description="Hosts asked without the proxy, with commas. Unset: `NO_PROXY`.")
    ca_bundle: str = Field(
        "", description="Certificates trusted besides. Unset: `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`."
    )
    price_sms: float | None = Field(None, ge=0, description="Dollars a segment. Unset: cost is unknown.")
    price_mms: float | None = Field(None, ge=0, description="Dollars a leg. Unset: cost is unknown.")
    price_wait: float = Field(
        300,
        ge=0,
        description="Seconds that `--max-cost` waits for a first confirmed price; then the settings' price counts.",
    )
    brake_share: float = Field(
        0.3,
        ge=0,
        le=1,
        description="A campaign pauses when so large a share of its last 5 minutes was refused or failed; 0: never.",
    )
    brake_outcomes: int = Field(
        50, ge=1, description="Answered messages of 5 minutes before that share means anything."
    )
    brake_failures: int = Field(
        20,
        ge=0,
        description="Failures of CarrierX in a row that hold everything but one probe at a time; 0: never.",
    )
    web_host: str = Field(
        "127.0.0.1", description="Address that console, API and callback receiver listen on."
    )
    web_port: int = Field(8080, ge=1, le=65535, description="Port of console, API and callback receiver.")
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of proxies whose X-Forwarded-For is believed, by commas. Unset: nobody's.",
    )
    flower_port: int = Field(5555, ge=1, le=65535, description="Port of Flower.")
    flower_auth: SecretStr | None = Field(
        None,
        description="Flower's login as user:password, several by commas. Unset: `admin` and the admin token.",
    )
    workers: int = Field(2, ge=1, le=256, description="Send worker processes on this machine.")
    in_flight: int = Field(64, ge=1, le=1000, description="POSTs in flight in one send process.")
    lease_seconds: float = Field(30, gt=0, description="A worker silent for this long loses its batch.")
    group_receipts: Literal["auto", "member", "message"] = Field(
        "auto", description="Whether CarrierX reports groups by member or by message; auto learns it."
    )
    group_grace: float = Field(
        600,
        gt=0,
        description="Seconds after which silent group members inherit the word of the one that was heard.",
    )
    settle_window: float = Field(
        72 * 3600, gt=0, description="Seconds after which CarrierX's last word is final."
    )
    poll_first: float = Field(30, gt=0, description="Seconds from acceptance to the first status poll.")
    poll_rate: str = Field("5/s", description="At most so many status requests to CarrierX.")
    unconfirmed_wait: float = Field(
        900, gt=0, description="Seconds before 'not there' may count for a message whose outcome is unknown."
    )
    connect_timeout: float = Field(5, gt=0, description="Connecting to CarrierX.")
    read_timeout: float = Field(30, gt=0, description="Waiting for CarrierX's answer.")
    max_file_mb: int = Field(1024, gt=0, description="Largest campaign file, unpacked, in MiB.")
    max_rows: int = Field(10_000_000, gt=0, description="Most rows in a campaign file.")
    spool_mb: int = Field(
        256,
        ge=0,
        description="Callbacks kept on disk while Redis is away, in MiB; beyond it they are refused.",
    )
    media_allow: str = Field(
        "", description="Private hosts or networks that media may come from, separated by commas."
    )
    hours_margin: float = Field(
        600, ge=0, description="Seconds by which allowed hours close early: carriers queue MMS."
    )
    regions: str = Field(
        "US, CA",
        description="Countries and territories that may be written to, by name or two letters: US, CA, Puerto Rico.",
    )
    area_codes_extra: str = Field(
        "", description="Area codes newer than our table with their places: 679=US-MI, 942=CA-ON."
    )
    frequency_cap: str = Field(
        "", description="At most so many messages to a number in a while, like 3/7d. Unset: no cap."
    )
    stop_answer: str = Field(
        "You are unsubscribed and will get no more messages from us.",
        description="The one confirmation after a STOP, without marketing. Empty: none.",
    )
    start_allowed: bool = Field(
        False, description="START, UNSTOP and YES end an opt-out, once CarrierX shows that message."
    )
    start_answer: str = Field(
        "You will get our messages again. Reply STOP to end them.",
        description="What START is answered. Empty: nothing.",
    )
    help_answer: str = Field(
        "", description="What HELP is answered: brand, contact, how to stop. Empty: nothing."
    )
    auto_answer: str = Field(
        "",
        description="What any other message is answered, with {{status}} and {{from}}. Empty: nothing.",
    )
    retention: float = Field(30, gt=0, description="Days after which numbers and texts are erased.")
    records: float = Field(
        400, gt=0, description="Days after which counts and times of campaigns are erased too."
    )
    one_clock: bool = Field(
        False,
        description="Take Redis's clock for this machine's. Simulated ledgers only: the demo runs at any hour.",
    )
    unsafe_redis: bool = Field(
        False, description="Work with a Redis that cannot keep our promises. Tests only."
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: Literal["console", "json"] = Field("console", description="How log lines look.")

    def __init__(self, **given: Any) -> None:
        """What is given goes before what is written (`sources`), and that before the defaults."""
        super().__init__(**{**written(), **given})

    @field_validator("carrierx_url", "public_url")
    @classmethod
    def _http_url(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/") if value else value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for name in filter(None, map(str.strip, value.split(","))):
            try:
                ip_network(name, strict=False)
            except ValueError:
                raise ValueError(
                    "must be addresses or networks like 10.0.0.0/8, separated by commas"
                ) from None
        return value

    @field_validator("regions")
    @classmethod
    def _regions(cls, value: str) -> str:
        regions_named(value)
        return value

    @field_validator("area_codes_extra")
    @classmethod
    def _area_codes(cls, value: str) -> str:
        area_codes(value)
        return value

    @field_validator("redis_url", "broker_url")
    @classmethod
    def _no_cluster(cls, value: str | None) -> str | None:
        if value is not None and "cluster" in value.partition("://")[0].lower():
            raise ValueError(
                "Redis Cluster is not supported: it spreads keys over servers, and a claim needs all of them on one; "
                "name one primary, or the Sentinels of one (sentinel://)"
            )
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_url(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(_OF_REDIS):
            raise ValueError(f"must start with {', '.join(_OF_REDIS[:-1])} or {_OF_REDIS[-1]}")
        return value

    @property
    def effective_account_rate(self) -> str:
        """The account's rate with its default."""
        return self.account_rate or ("200/s" if self.simulate else "10/s")

    @property
    def effective_sender_rate(self) -> str:
        """Each sender's rate with its default: what a long code carries."""
        return self.sender_rate or ("200/s" if self.simulate else "1/s")

    @property
    def allowed_regions(self) -> frozenset[str]:
        """The two letters of each country and territory that may be written to."""
        return regions_named(self.regions)

    @property
    def proxies(self) -> list[str]:
        """Proxies that say truly whom they pass on."""
        return [name for name in map(str.strip, self.trusted_proxies.split(",")) if name]

    @property
    def mode(self) -> Literal["live", "simulate"]:
        """What a ledger made under these settings is stamped with."""
        return "simulate" if self.simulate else "live"


def load_settings(**overrides: Any) -> Settings:
    """Read the settings afresh.

    Raises:
        ConfigError: naming the variable and what is wrong with it, never its value.
    """
    try:
        _refuse_unknown(in_file())
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        variable = name if name.isupper() else f"MMS_{name.upper()}"
        raise ConfigError(
            f"{variable}: {first['msg'].removeprefix('Value error, ')}",
            hint="see the table of settings in docs/operations.md",
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"mms.toml cannot be read: {error}", hint=f"mend {os.path.abspath('mms.toml')}"
        ) from None


def _refuse_unknown(written: Mapping[str, Any]) -> None:
    """A slip in a name must not leave a default in force without a word."""
    for name in written:
        if name not in Settings.model_fields:
            close = get_close_matches(name.lower().removeprefix("mms_"), Settings.model_fields, n=1)
            nearest = f"; did you mean {close[0]!r}?" if close else ""
            raise ConfigError(
                f"mms.toml: {name!r} is no setting{nearest}",
                hint="see the table of settings in docs/operations.md",
            )


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return load_settings()
