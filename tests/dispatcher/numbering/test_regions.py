"""Countries and territories as people write them."""

from __future__ import annotations

import pytest

from dispatcher.errors import ConfigError
from dispatcher.numbering.regions import NAMES, in_words, regions_named
from dispatcher.settings import load_settings


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("US,CA", "US CA"),
        ("us, ca, PR", "US CA PR"),
        ("United States, Canada, Puerto Rico", "US CA PR"),
        ("USA, dominican  republic", "US DO"),
        ("U.S. Virgin Islands,Guam", "VI GU"),
        ("St. Lucia, Trinidad & Tobago, the Bahamas", "LC TT BS"),
        ("US territories", "PR VI GU MP AS"),
    ],
)
def test_a_region_goes_by_its_letters_and_its_names(written: str, codes: str) -> None:
    assert regions_named(written) == set(codes.split())


def test_the_caribbean_is_all_but_the_continent_and_the_pacific() -> None:
    caribbean = regions_named("Caribbean")
    assert caribbean | {"US", "CA", "GU", "MP", "AS"} == set(NAMES)
    assert not caribbean & {"US", "CA", "GU", "MP", "AS"}


def test_regions_are_said_by_their_names() -> None:
    assert in_words({"PR", "US"}) == "United States, Puerto Rico"


def test_a_region_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"MMS_REGIONS: .*'Porto Rico' .* did you mean Puerto Rico\?"):
        load_settings(regions="US, Porto Rico")
    with pytest.raises(
        ConfigError, match=r"MMS_REGIONS: .*'France' .* there are United States, Canada, Puerto Rico"
    ):
        load_settings(regions="France")
    with pytest.raises(ConfigError, match=r"MMS_AREA_CODES_EXTRA: .*'679=XX'"):
        load_settings(area_codes_extra="679=XX")
