"""The encoding of a file is found out by the letters that its bytes make, or asked for; never guessed in silence."""

from __future__ import annotations

import codecs
import io

import pytest

from dispatcher.errors import FileRefused
from dispatcher.model.recipient import Recipient
from dispatcher.pipeline.consent.optout_csv import read_opt_outs
from dispatcher.roster.files._encodings import ESCAPED, LEGACY, PASTED, UTF_8, named
from dispatcher.roster.files.pasted_list import pasted_file
from dispatcher.roster.readings import Reading
from dispatcher.roster.roster import Roster
from tests.dispatcher.roster.reading import campaign, open_roster

#: Names that are not in the list which the program learns from, and the encodings in which people bring them.
WESTERN = ("cp1252", "mac_roman", "cp850")
HELD_OUT = {
    ("Ximénez", "Doménech", "Cañizares", "Zubía", "Peláez", "Iñárritu", "Aragonés", "Bárcenas"): (
        *WESTERN,
        "cp437",
    ),
    ("Chrétien", "Sévigny", "Brébeuf", "Lafrenière", "Maçon", "Guérin", "Prévert", "Noisetière"): (
        *WESTERN,
        "cp437",
    ),
    ("Ribeirão", "Taubaté", "Coração", "Maurício", "Fabrício", "Jordão", "Amanhã", "Quinhões"): WESTERN,
    ("Jägermeister", "Grüber", "Hörmann", "Schlüter", "Käsebier", "Möbius", "Würzner"): (*WESTERN, "cp437"),
    ("Bjørgen", "Sæbø", "Kjærstad", "Østbye", "Håland", "Grødal", "Nørby"): WESTERN,
    ("Dzięcioł", "Gołębicki", "Krzyżak", "Mączka", "Ślązak", "Pączek", "Żyła"): (
        "cp1250",
        "cp852",
        "iso8859-2",
    ),
    ("Hřebejk", "Špaček", "Koníček", "Třešňák", "Vávrová", "Žáček", "Ryšavý"): (
        "cp1250",
        "cp852",
        "iso8859-2",
    ),
    ("Gyurcsány", "Esterházy", "Kőműves", "Bőr", "Ádámfi", "Szűrös", "Lővér"): ("cp1250", "cp852"),
    ("Yüksel", "Çakıroğlu", "Şimşek", "Güçlü", "Kıraç", "Özışık", "Bağcı"): ("cp1254", "cp857"),
    ("Жданов", "Арсеньев", "Юшкевич", "Цыганкова", "Щепкина", "Пущин"): (
        "cp1251",
        "koi8-r",
        "cp866",
        "iso8859-5",
    ),
    ("Παπανδρέου", "Καζαντζάκης", "Σεφέρης", "Ρίτσος", "Ξενάκης"): ("cp1253", "cp737"),
    ("ברגמן", "שטרן", "גולדברג", "רוזנטל", "חזן"): ("cp1255",),
    ("宮沢賢治", "与謝野晶子", "黒澤明", "夏目漱石", "芥川"): ("cp932", "euc_jp"),
    ("钱钟书", "鲁迅", "巴金", "茅盾", "冰心"): ("gb18030",),
    ("龍應台", "白先勇", "三毛", "瓊瑤", "余光中"): ("cp950",),
    ("한강", "박완서", "황석영", "이문열", "공지영"): ("cp949",),
}
CASES = [(names, codec) for names, codecs_of in HELD_OUT.items() for codec in codecs_of]


def file_of(names: tuple[str, ...] | list[str], codec: str = "utf-8", plain: int = 3) -> bytes:
    """A file with these names, and so many plain ones before each."""
    rows = [name for each in names for name in (*["Ann"] * plain, each)]
    lines = [f"1212555{100 + place:04},{name}\r\n" for place, name in enumerate(rows)]
    return ("to,first_name\r\n" + "".join(lines)).encode(codec)


def texts_of(data: bytes, encoding: str | None = None) -> list[str | None]:
    """What the messages of a file say, those of plain names left out."""
    rows = list(open_roster(data, message="{{first_name}}", encoding=encoding))
    return [row.text for row in rows if isinstance(row, Recipient) and row.text != "Ann"]


def refusal(data: bytes, encoding: str | None = None) -> FileRefused:
    with pytest.raises(FileRefused) as raised:
        texts_of(data, encoding)
    return raised.value


def readings_of(roster: Roster) -> list[Reading]:
    """What was decided about the encoding."""
    return [reading for reading in roster.readings if reading.setting == "encoding"]


def read_or_asked(data: bytes) -> list[str | None] | str:
    """What a file says, or the code of the refusal that comes with a question."""
    try:
        return texts_of(data)
    except FileRefused as refused:
        return refused.code if refused.question else ""


@pytest.mark.parametrize(("names", "codec"), CASES)
def test_a_short_list_of_names_is_read_right(names: tuple[str, ...], codec: str) -> None:
    assert texts_of(file_of(names, codec)) == list(names)


@pytest.mark.parametrize(("names", "codec"), CASES)
def test_a_single_name_is_read_right_or_asked_about(names: tuple[str, ...], codec: str) -> None:
    for name in names:
        assert read_or_asked(file_of((name,), codec)) in ([name], "unclear_encoding")


@pytest.mark.parametrize(
    "text", ["Joe’s Café", "20% – today", "Renée", "Zoë", "Don’t", "“Hi”", "Acme™", "5 °C", "Nº 5"]
)
def test_what_windows_writes_in_english_is_not_asked_about(text: str) -> None:
    assert texts_of(file_of((text,), "cp1252")) == [text]


def test_the_check_says_which_encoding_it_was_and_shows_two_lines() -> None:
    roster = open_roster(file_of(("René", "Muñoz", "José María"), "mac_roman"))
    list(roster)
    (reading,) = readings_of(roster)
    assert (reading.value, reading.guessed) == ("macroman", True)
    assert reading.samples == ("12125550103,René", "12125550107,Muñoz")
    assert reading.choices


def test_plain_files_have_nothing_to_say_of_their_encoding() -> None:
    roster = open_roster(file_of(("Bob",)))
    list(roster)
    assert (readings_of(roster), roster.remarks) == ([], ())


def test_a_list_that_may_be_several_is_asked_about_with_the_cells_that_tell() -> None:
    error = refusal(b"to,first_name\n12125550101,Ann\n12125550102,\xc9\n")
    assert (error.code, error.line) == ("unclear_encoding", 3)
    assert "macroman" in error.hint
    assert error.question is not None
    assert error.question.setting == "encoding"
    assert {"windows-1252", "macroman"} <= {choice.value for choice in error.question.choices}
    assert len({choice.samples for choice in error.question.choices}) == len(error.question.choices)
    for choice in error.question.choices:
        assert texts_of(b"to,first_name\n12125550102,\xc9\n", encoding=choice.value) == list(choice.samples)


@pytest.mark.parametrize(("names", "codec"), [(("René", "Muñoz"), "mac_roman"), (("田中", "鈴木"), "cp932")])
def test_the_first_letter_may_come_late_and_the_campaign_remembers_what_it_was(
    names: tuple[str, ...], codec: str
) -> None:
    data = file_of(names, codec, plain=4000)
    settled = open_roster(data).settled(campaign())
    assert settled.encoding == {"mac_roman": "macroman", "cp932": "shift-jis"}[codec]
    assert texts_of(data) == texts_of(data, encoding=settled.encoding) == list(names)


@pytest.mark.parametrize("cell", ["café ole", "Straße 25°"])
@pytest.mark.parametrize("codec", ["cp1252", "mac_roman"])
@pytest.mark.parametrize("before", [3, 4])
def test_a_submit_decides_as_the_check_does_wherever_the_bytes_are_cut(
    cell: str, codec: str, before: int
) -> None:
    edge = (1 << 16) + (1 << 18)
    rows = b"to,first_name\n" + b"12125550101,Ann\n" * ((edge - 200) // 16)
    last = b"12125550102,"
    filler = b"x" * (edge - before - len(rows) - len(last) - 13)
    data = rows + b"12125550103," + filler + b"\n" + last + cell.encode(codec) + b"\n"
    assert encoding_or_refusal(data, settled=False) == encoding_or_refusal(data, settled=True)


def encoding_or_refusal(data: bytes, *, settled: bool) -> str | None:
    try:
        roster = open_roster(data)
        if settled:
            return roster.settled(campaign()).encoding
        list(roster)
    except FileRefused as error:
        return error.code
    return next(each.value for each in roster.readings if each.setting == "encoding")


def test_more_letters_are_looked_for_far_behind_the_first() -> None:
    few, more = file_of(("Ñ",), "cp1252"), file_of(("Muñoz", "José", "Peña"), "cp1252", plain=3000)
    assert refusal(few).code == "unclear_encoding"
    assert texts_of(few + more.partition(b"\n")[2].replace(b"1212", b"1312")) == [
        "Ñ",
        "Muñoz",
        "José",
        "Peña",
    ]


@pytest.mark.parametrize("shift", range(4))
def test_a_letter_that_is_cut_where_the_evidence_ends_is_no_evidence(shift: int) -> None:
    signs = "田中鈴木高橋山本渡辺佐藤伊藤"
    names = [first + second + third for first in signs for second in signs for third in signs]
    data = b"x" * shift + file_of(names, "cp932", plain=1)
    data = data.replace(b"x" * shift + b"to", b"to" + b" " * shift, 1)
    assert len(data) > 1 << 16
    roster = open_roster(data, message="{{first_name}}")
    assert sum(isinstance(row, Recipient) for row in roster) > 1000
    assert readings_of(roster)[0].value == "shift-jis"


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("latin1", "cp1252"),
        ("Windows-1252", "cp1252"),
        ("mac", "mac_roman"),
        ("SJIS", "cp932"),
        ("cp437", "cp437"),
    ],
)
def test_an_encoding_that_is_said_is_taken_by_any_of_its_names(name: str, codec: str) -> None:
    text = "田中" if codec == "cp932" else "é"
    assert texts_of(file_of((text,), codec), encoding=name) == [text]


def test_what_the_program_calls_an_encoding_is_the_same_when_it_is_said() -> None:
    for encoding in (UTF_8, PASTED, *ESCAPED, *LEGACY):
        assert named(encoding.name) == encoding


@pytest.mark.parametrize(
    "name", ["base64", "hex", "rot13", "idna", "unicode_escape", "undefined", "no such", "a\0b"]
)
def test_what_is_no_encoding_is_refused(name: str) -> None:
    assert refusal(file_of(("Bob",)), encoding=name).code == "unknown_encoding"


def test_the_nearest_name_is_offered() -> None:
    assert "'windows-1250'" in refusal(file_of(("Bob",)), encoding="windows1250x").message


def test_what_was_pasted_is_never_read_in_the_encoding_that_a_form_names() -> None:
    content = pasted_file("to\tfirst_name\n12125550101\tRené\n").content
    assert texts_of(content, encoding="macroman") == ["René"]


def test_a_mark_outranks_what_was_said() -> None:
    roster = open_roster(file_of(("René",), "utf-8-sig"), encoding="macroman", message="{{first_name}}")
    assert [row.text for row in roster if isinstance(row, Recipient)][-1] == "René"
    assert "outranks" in readings_of(roster)[0].why


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_text_without_its_mark_is_recognised_whatever_its_script(codec: str) -> None:
    names = ("田中", "鈴木さくら", "Иван")
    assert texts_of(file_of(names, codec, plain=0)) == list(names)


@pytest.mark.parametrize(
    ("names", "codec"), [(("田中", "さくら", "東京"), "iso2022_jp"), (("김민수", "서울"), "iso2022_kr")]
)
def test_text_of_seven_bits_is_recognised_by_its_escapes(names: tuple[str, ...], codec: str) -> None:
    assert texts_of(file_of(names, codec)) == list(names)


def test_rows_pasted_from_windows_are_refused_at_their_line_and_read_if_one_says_so() -> None:
    data = file_of(("Zoë",)) + "12125550199,Muñoz\n".encode("cp1252")
    error = refusal(data)
    assert (error.code, error.line) == ("bad_encoding", 6)
    assert error.question is not None
    (choice,) = error.question.choices
    assert choice.samples == ("12125550199,Muñoz",)
    assert texts_of(data, encoding=choice.value) == ["Zoë", "Muñoz"]


def test_rows_of_utf_8_below_rows_of_windows_are_refused_as_well() -> None:
    data = file_of(("Muñoz",), "cp1252") + file_of(("José", "Renée")).partition(b"\n")[2]
    assert (refusal(data).code, refusal(data).line) == ("bad_encoding", 5)


def twice(text: str, codec: str) -> str:
    """What a program makes of UTF-8 that it takes for something else."""
    return "".join(
        codecs.charmap_decode(bytes((byte,)), "strict", _map_of(codec))[0] for byte in text.encode()
    )


def _map_of(codec: str) -> str:
    return "".join(_letter(byte, codec) for byte in range(256))


def _letter(byte: int, codec: str) -> str:
    try:
        return bytes((byte,)).decode(codec)
    except UnicodeDecodeError:
        return chr(byte)


@pytest.mark.parametrize("codec", ["cp1252", "latin-1", "mac_roman", "cp437", "cp850"])
@pytest.mark.parametrize("mark", ["utf-8", "utf-8-sig"])
def test_letters_that_were_encoded_twice_are_what_they_were_and_it_is_told(codec: str, mark: str) -> None:
    names = ("René", "MUÑOZ", "João", "Łukasz", "it’s 5 €", "Dvořák", "« à »")
    file = file_of([twice(name, codec) for name in names], mark)
    roster = open_roster(file, message="{{first_name}}")
    texts = [row.text for row in roster if isinstance(row, Recipient) and row.text != "Ann"]
    assert texts == list(names)
    (remark,) = roster.remarks
    assert remark.code == "encoded_twice"
    assert "'12125550103,René'" not in remark.message
    assert "René" in remark.message


def test_some_cells_may_be_encoded_twice_and_others_three_times() -> None:
    three = twice(twice("José", "cp1252"), "cp1252")
    assert texts_of(file_of(("René", twice("Muñoz", "cp1252"), three))) == ["René", "Muñoz", "José"]


@pytest.mark.parametrize(
    "text",
    [
        "« Café » à « quelqu’un »",
        "CAFÉ®",
        "AMANHÃ…",
        "IRMÃ”",
        "“FÅ”",
        "JOSÉ’S",
        "É–É–",
        "√2",
        "≈ 20°",
        "ÅÄÖ",
        "MAÇÃ",
    ],
)
def test_letters_that_somebody_may_have_meant_stay(text: str) -> None:
    assert texts_of(file_of((text,))) == [text]


def test_letters_that_were_lost_are_counted_and_those_that_stay_garbled() -> None:
    roster = open_roster(file_of(("Ren\ufffd", "voilÃ ,", "Jos\ufffd")))
    list(roster)
    assert {remark.code for remark in roster.remarks} == {"letters_lost", "garbled_letters"}
    assert "2 letters" in next(each.message for each in roster.remarks if each.code == "letters_lost")


def test_a_damaged_file_is_called_damaged_not_unclear() -> None:
    assert refusal(b"to,first_name\n12125550101,\xc9\x00\xff\n").code == "nul"


def test_letters_never_keep_an_opt_out_from_being_counted() -> None:
    lines = list(read_opt_outs(io.BytesIO(b"phone,name\n12125550101,\xc9\n"), max_bytes=1 << 20))
    assert len(lines) == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le", "ucs-2"])
def test_an_encoding_that_the_bytes_cannot_be_refuses_the_file(encoding: str) -> None:
    assert refusal("to,first_name\n12125550101,Zoë\n".encode(), encoding=encoding).code == "bad_encoding"
