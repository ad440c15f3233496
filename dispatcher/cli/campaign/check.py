"""`mms campaign check`, and the same look before a submit."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, NamedTuple, TextIO

import typer

from dispatcher.cli.campaign._campaign_options import CampaignOptions, campaign_options
from dispatcher.cli.campaign._check_output import print_check
from dispatcher.cli.campaign._mend import mend_rows, require_terminal
from dispatcher.cli.campaign._questions import with_answers
from dispatcher.cli.shell.chosen import Chosen
from dispatcher.cli.shell.context import config_of_any_ledger
from dispatcher.cli.shell.media_files import gate_for
from dispatcher.cli.shell.mended_files import mends_beside, open_mended, say_mended, write_mends
from dispatcher.cli.shell.options import AsJson, File
from dispatcher.cli.shell.output import print_json
from dispatcher.cli.shell.piped_files import is_copied
from dispatcher.errors import ConfigError, InputError, StoreUnavailable
from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.preflight.check import check
from dispatcher.pipeline.preflight.request import CheckRequest
from dispatcher.pipeline.preflight.result import CheckResult
from dispatcher.pipeline.preflight.row_check import RowsContext, check_row
from dispatcher.roster.mendable_rows import listed_rows
from dispatcher.settings import Settings


@campaign_options
def check_command(
    context: typer.Context,
    file: File,
    given: CampaignOptions,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="As a simulated ledger sees it: numbers of fiction will do.")
    ] = False,
    errors: Annotated[
        Path | None,
        typer.Option("--errors", metavar="FILE", help="Write every invalid row there, to be mended."),
    ] = None,
    mend: Annotated[
        bool,
        typer.Option(
            "--mend", help="Ask for each cell that cannot be sent, and keep the answers beside FILE."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what a submit would do; needs nothing running.

    What --mend keeps, in FILE.mends.json, is read by every later check, test and submit of FILE.

    Exit status 0: all sendable; 1: some rows are not, and --strict; 2: nothing can be sent.

    Example: mms campaign check spring.csv --from 15162065575 --message 'Hi {{first_name}}'
    """
    config = config_of_any_ledger()
    if simulate:
        config = config.model_copy(update={"simulate": True})
    chosen = given.choose(file, config)
    if mend:
        require_terminal(is_copied(context))
        chosen = _mended(file, chosen, config)
    result, chosen = with_answers(lambda known: _checked(file, known, config, errors), chosen)
    say_mended(file, result.mended)
    if as_json:
        print_json(result.model_dump(mode="json"))
    else:
        print_check(result)
    if not result.sendable:
        raise typer.Exit(2)
    if chosen.settings.strict and result.errors_total:
        raise typer.Exit(1)


def look_at(
    file: Path,
    chosen: Chosen,
    config: Settings,
    *,
    errors_to: TextIO | None = None,
    mendable_to: TextIO | None = None,
) -> CheckResult:
    """Check a file as a submit would read it.

    Raises:
        InputError, FileRefused: it cannot be opened or used.
    """
    request = _request(file, chosen, config, _known(config))
    with open_mended(file) as source:
        return check(source, replace(request, errors_to=errors_to, mendable_to=mendable_to), config)


def _request(file: Path, chosen: Chosen, config: Settings, known: _Known) -> CheckRequest:
    return CheckRequest(
        filename=file.name,
        settings=chosen.settings,
        fixed=chosen.fixed,
        every=chosen.every,
        now=dt.datetime.now(dt.UTC),
        opted_out=known.opted_out,
        ask_media=gate_for(config, chosen.media_files),
        chosen_before=known.chosen_before,
    )


def _mended(file: Path, chosen: Chosen, config: Settings) -> Chosen:
    """Let a person mend what cannot be sent; answers the settings with what they said beside."""
    lines = io.StringIO()

    def look(known: Chosen) -> CheckResult:
        lines.seek(0)
        lines.truncate()
        return look_at(file, known, config, mendable_to=lines)

    result, chosen = with_answers(look, chosen)
    request = _request(file, chosen, config, _known(config))
    rows = sorted(listed_rows(lines.getvalue().splitlines()), key=lambda row: row.line)
    judge = partial(check_row, context=RowsContext.of(result), request=request, config=config)
    mend_rows(rows, mends_beside(file), judge, partial(write_mends, file))
    return chosen


def _checked(file: Path, chosen: Chosen, config: Settings, errors: Path | None) -> CheckResult:
    if errors is None:
        return look_at(file, chosen, config)
    if file.exists() and errors.exists() and file.samefile(errors):
        raise InputError("--errors names the campaign file itself", hint="choose another --errors")
    try:
        with errors.open("w", encoding="utf-8", newline="") as errors_to:
            return look_at(file, chosen, config, errors_to=errors_to)
    except OSError as error:
        raise InputError(
            f"{errors} cannot be written: {error.strerror}", hint="choose another --errors"
        ) from None


class _Known(NamedTuple):
    """What the ledger knows beside the file: who opted out (None: nobody knows), columns chosen for other files."""

    opted_out: Callable[[str], bool] | None = None
    chosen_before: Mapping[str, str] = MappingProxyType({})


def _known(config: Settings) -> _Known:
    """What a ledger knows, if one answers."""
    try:
        ledger = Ledger.open(config)
        return _Known(ledger.optouts.everyone_out().__contains__, ledger.chosen_columns.all())
    except (ConfigError, StoreUnavailable):
        return _Known()
