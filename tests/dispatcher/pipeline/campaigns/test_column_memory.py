"""A column that a person named is remembered for the check of the next file with the same headings, a guess is not."""

from __future__ import annotations

import datetime as dt
import io
import tempfile

from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.preflight.check import check
from dispatcher.pipeline.preflight.check_apart import SMALL_BYTES, check_apart
from dispatcher.pipeline.preflight.request import CheckRequest
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.factories import SENDER

TWO = b"Phone 1,Phone 2\n12125550101,14165550102\n"


def sent(runtime: Runtime, to: str, *, fixed: bool) -> CampaignSettings:
    settings = CampaignSettings(senders=(SENDER,), message="Hi", to=to)
    campaign_id = submit(
        runtime.ledger,
        io.BytesIO(TWO),
        filename="a.csv",
        settings=settings,
        fixed=frozenset({"to"} if fixed else ()),
        config=runtime.settings,
    )
    return runtime.ledger.campaigns.settings_of(campaign_id)


def request(runtime: Runtime) -> CheckRequest:
    return CheckRequest(
        filename="b.csv",
        settings=CampaignSettings(senders=(SENDER,), message="Hi", quiet_hours="off"),
        now=dt.datetime(2026, 12, 1, 18, tzinfo=dt.UTC),
        chosen_before=runtime.ledger.chosen_columns.all(),
    )


def test_an_answer_is_remembered_and_said_with_its_reason(runtime: Runtime) -> None:
    assert sent(runtime, "Phone 2", fixed=True).to == "Phone 2"
    result = check(io.BytesIO(TWO.replace(b"0102", b"0103")), request(runtime), runtime.settings)
    (reading,) = result.readings
    assert (reading.value, reading.why) == ("Phone 2", "as chosen before for these headings")
    assert result.column_chosen_before == "Phone 2"


def test_what_stood_in_a_settings_file_or_was_guessed_is_not(runtime: Runtime) -> None:
    sent(runtime, "Phone 2", fixed=False)
    assert runtime.ledger.chosen_columns.all() == {}


def test_a_check_in_a_process_of_its_own_knows_it_too(runtime: Runtime) -> None:
    sent(runtime, "Phone 2", fixed=True)
    with tempfile.TemporaryFile() as file:
        file.write(TWO + b"12125550104,14165550105\n" * (SMALL_BYTES // 24 + 1))
        file.seek(0)
        result = check_apart(file, request(runtime), runtime.settings)
    assert result.column_chosen_before == "Phone 2"
