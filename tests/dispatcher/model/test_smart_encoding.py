from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.model.segments import encoding_of, segments
from dispatcher.model.smart_encoding import LOOK_ALIKES, all_smart_encoded, smart_encoded, stands_for

#: Code points, and ranges of them, that Twilio documents for its Smart Encoding.
TWILIO = (
    "0 3 4 9 10-14 17 19 60 80 8d 90 9b 9f a0 ab b4 bb bc-be f7 1c3 262 26a 274 280 28f 299 29c 29f 2b9 2ba 2bb-2bd "
    "2c6 2c8 2ca 2cb 2d0 2d6 2dc 2ee 2f7 2f8 302 303 313 314 326 330 332 334 337 338 347 1d00 1d04 1d05 1d07 "
    "1d0a 1d0b 1d0d 1d0f 1d18 1d1b 1d1c 1d20-1d22 1dcd 2000-200b 2010 2013-2015 2017-201b 201c-201f 2022 2026 2028 "
    "2029 202f 2039 203a 203c 2043 2044 204e 204f 205f 2060 20d2 20d3 20e5 2215 2217 2223 223c 229b 239c 239f 23b8 "
    "23b9 23bc 23bd 23d0 2722-2725 2731-2733 273a-273d 2743 2749-274b 275b-275e 2768-276b 2774 2775 27ee 27ef 2982 "
    "2985 2986 29c6 29f5 29f8 29f9 3000-3002 301d 301e a730 a731 a789 a78a fe10 fe11 fe13-fe16 fe50-fe52 fe54 fe56 "
    "fe57 fe59-fe5c fe5f-fe66 fe68-fe6b feff ff01-ff3f ff5b-ff5e ff61 ff64"
)


def documented() -> list[str]:
    """Its characters, one by one."""
    chars: list[str] = []
    for span in TWILIO.split():
        first, _, last = span.partition("-")
        chars += map(chr, range(int(first, 16), int(last or first, 16) + 1))
    return chars


def test_every_replacement_is_gsm_7_and_replaces_what_is_not() -> None:
    assert {alike for alike in LOOK_ALIKES.values() if encoding_of(alike) != "gsm-7"} == set()
    assert [chr(code) for code in LOOK_ALIKES if encoding_of(chr(code)) == "gsm-7"] == []


@pytest.mark.parametrize("char", documented(), ids=ascii)
def test_what_twilio_documents_becomes_gsm_7(char: str) -> None:
    assert encoding_of(smart_encoded(f"Hi {char} there")) == "gsm-7"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("“Hi” — it’s 5′10″ – ‘ok’…", "\"Hi\" - it's 5'10\" - 'ok'..."),
        ("1½ cups, ½ off, ⅓", "1 1/2 cups, 1/2 off, 1/3"),
        ("a\u00a0b\u2009c\td", "a b c d"),
        ("Hi\u200b\ufeff\u00ad\u200dthere", "Hithere"),
        ("ＳＡＬＥ　５０％", "SALE 50%"),
        ("one\u2028two\u0085three", "one\ntwo\nthree"),
        ("+\u202a1 212 555 0101\u202c", "+1 212 555 0101"),
        ("Mun\u0303oz, Jose\u0301", "Muñoz, José"),
        ("\u0302 ~\u0303", "^ ~~"),
    ],
)
def test_look_alikes_are_written_plainly(text: str, plain: str) -> None:
    assert smart_encoded(text) == plain
    assert encoding_of(plain) == "gsm-7"


@pytest.mark.parametrize(
    "name", ["María", "João", "François", "Nguyễn", "g\u0303uahu", "Žižek", "Œuvre", "Ann 😀"]
)
def test_a_name_keeps_its_accents(name: str) -> None:
    assert smart_encoded(f"“{name}”") == f'"{name}"'


@pytest.mark.parametrize("text", ["你好，“世界”。", "Привет, «мир»…", "שלום „עולם”", "नमस्ते\u200d “दुनिया”"])
def test_texts_of_other_scripts_keep_their_own_marks(text: str) -> None:
    assert smart_encoded(text) == text


@pytest.mark.parametrize("emoji", ["👩\u200d👩\u200d👧", "❤\ufe0f", "1\ufe0f\u20e3", "🇨🇦"])
def test_an_emoji_stays_in_one_piece(emoji: str) -> None:
    assert smart_encoded(f"It’s {emoji}") == f"It's {emoji}"


def test_an_ellipsis_beside_an_emoji_is_spelt_only_where_that_takes_no_further_segment() -> None:
    assert smart_encoded("😀 …") == "😀 ..."
    assert smart_encoded("😀" + "…" * 60) == "😀" + "…" * 60


@given(st.lists(st.text(st.sampled_from("ab é’—…½\u00a0\u200b\u0303í😀{`\t"), max_size=170), max_size=4))
def test_whatever_the_texts_they_take_no_more_segments_or_are_gsm_7_and_are_done_with(
    texts: list[str],
) -> None:
    plain = all_smart_encoded(texts)
    assert list(plain) == [smart_encoded(text) for text in texts] == [smart_encoded(text) for text in plain]
    for before, after in zip(texts, plain, strict=True):
        assert encoding_of(after) == "gsm-7" or segments(after) <= segments(before)


def test_what_stands_for_a_character_is_known_by_itself() -> None:
    assert (stands_for("’"), stands_for("\u200b"), stands_for("í"), stands_for("a")) == ("'", "", None, None)
