"""Placeholders of other systems are found, ordinary texts are not taken for any."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from dispatcher.errors import FileRefused
from dispatcher.roster.columns import Headings
from dispatcher.roster.placeholders import Placeholders
from tests.dispatcher.roster.ordinary_texts import TEXTS
from tests.dispatcher.roster.reading import open_roster, read_rows

HEADINGS = ("to", "first_name", "City", "order_number")
OURS = Placeholders(Headings(HEADINGS, line=1))
#: By who writes so, or how: a placeholder, and what to write here.
FOREIGN = {
    "{first_name}": "{{first_name}}",
    "{ First Name }": "{{first_name}}",
    "{FirstName}": "{{first_name}}",
    "{FNAME}": "{{first_name}}",
    "{name}": "{{first_name}}",
    "{first_name|there}": "{{first_name|there}}",
    "{contact.first_name}": "{{first_name}}",
    "{recipient.name}": "{{first_name}}",
    "{order_number}": "{{order_number}}",
    "{orderNumber}": "{{order_number}}",
    "{appointment_date}": "",
    "{link}": "",
    "{1}": "",
    "{Hi|Hello|Hey}": "Hi",
    "{!Contact.FirstName}": "{{first_name}}",
    "{!firstname_fix}": "{{first_name}}",
    "{$first_name}": "{{first_name}}",
    "{#var#}": "",
    "{{contact.first_name}}": "{{first_name}}",
    "{{ contact.firstname }}": "{{first_name}}",
    "{{ person.first_name|default:'you' }}": "{{first_name|you}}",
    '{{ customer.first_name | default: "friend" }}': "{{first_name|friend}}",
    "{{ subscriber.custom.city }}": "{{City}}",
    '{{ first_name|default("you") }}': "{{first_name|you}}",
    "{{ first_name | capitalize }}": "{{first_name}}",
    '{{first_name | "there"}}': "{{first_name|there}}",
    "{{first_name || 'there'}}": "{{first_name|there}}",
    "{{first_name|fallback=there}}": "{{first_name|there}}",
    "{{lead.First Name:default=friend}}": "{{first_name|friend}}",
    "{{#if first_name}}": "",
    "{{/if}}": "",
    "{{else}}": "",
    "{{{Recipient.FirstName}}}": "{{first_name}}",
    "{{{first_name}}}": "{{first_name}}",
    "{% if first_name %}": "",
    "{%first_name%}": "{{first_name}}",
    "<%= first_name %>": "{{first_name}}",
    "*|FNAME|*": "{{first_name}}",
    "*|IF:FNAME|*": "",
    "*|END:IF|*": "",
    "*|COUPON|*": "",
    "%FIRSTNAME%": "{{first_name}}",
    "%first_name%": "{{first_name}}",
    "%recipient.first_name%": "{{first_name}}",
    "%%First Name%%": "{{first_name}}",
    "%%coupon%%": "",
    "%{first_name}": "{{first_name}}",
    "[first_name]": "{{first_name}}",
    "[First Name]": "{{first_name}}",
    "[FNAME]": "{{first_name}}",
    "[Name]": "{{first_name}}",
    "[City]": "{{City}}",
    "[firstname, fallback=friend]": "{{first_name|friend}}",
    "[firstName, My Friend]": "{{first_name|My Friend}}",
    "[contact.first_name]": "{{first_name}}",
    "[[first_name]]": "{{first_name}}",
    "[[FirstName]]": "{{first_name}}",
    "[%first_name%]": "{{first_name}}",
    "<<First Name>>": "{{first_name}}",
    "<<Coupon>>": "",
    "<first_name>": "{{first_name}}",
    "<City>": "{{City}}",
    "«First_Name»": "{{first_name}}",
    "«City»": "{{City}}",
    "«Appointment_Date»": "",
    "${first_name}": "{{first_name}}",
    "${first_name}$": "{{first_name}}",
    "#{first_name}": "{{first_name}}",
    "@{first_name}": "{{first_name}}",
    "$FIRSTNAME$": "{{first_name}}",
    "$SUBSCRIBER.FIRSTNAME$": "{{first_name}}",
    "#firstname#": "{{first_name}}",
    "##first_name##": "{{first_name}}",
    "~Contact.FirstName~": "{{first_name}}",
    "-FIRSTNAME-": "{{first_name}}",
    "-first_name-": "{{first_name}}",
    "-name-": "{{first_name}}",
    "||NAME||": "{{first_name}}",
    "@@name@@": "{{first_name}}",
    "@first_name@": "{{first_name}}",
    "__first_name__": "{{first_name}}",
    "(First Name)": "{{first_name}}",
    "(first_name)": "{{first_name}}",
    "$first_name": "{{first_name}}",
    "$FirstName": "{{first_name}}",
    "FNAME": "{{first_name}}",
    "first_name": "{{first_name}}",
    "((first name))": "{{first_name}}",
    "%(first_name)s": "{{first_name}}",
    ":first_name:": "{{first_name}}",
    "FirstName": "{{first_name}}",
    "｛first_name｝": "{{first_name}}",
    "｛｛first_name｝｝": "{{first_name}}",
    '{{ first_name|default:"friend"|title }}': "{{first_name|friend}}",
    '{{first_name|default:"O\'Neil"}}': "{{first_name|O'Neil}}",
    "[Prénom]": "{{first_name}}",
    "{nombre}": "{{first_name}}",
    "%PRENOM%": "{{first_name}}",
    "{ciudad}": "{{City}}",
    "&lt;first_name&gt;": "{{first_name}}",
    "&lt;City&gt;": "{{City}}",
    "&amp;lt;first_name&amp;gt;": "{{first_name}}",
    "&lt;&lt;first_name&gt;&gt;": "{{first_name}}",
    "&laquo;first_name&raquo;": "{{first_name}}",
    "&#123;&#123;first_name&#125;&#125;": "{{first_name}}",
    "*FNAME*": "{{first_name}}",
    "**FNAME**": "{{first_name}}",
    "*first_name*": "{{first_name}}",
    "`first_name`": "{{first_name}}",
    "|FNAME|": "{{first_name}}",
    "*|FNAME*": "{{first_name}}",
    "$$first_name": "{{first_name}}",
    "{{first_name}": "{{first_name}}",
    "{first_name}}": "{{first_name}}",
    "{{{first_name}": "{{first_name}}",
    "{{contact.first_name}}}": "{{first_name}}",
    "{first_name": "{{first_name}}",
    "first_name}": "{{first_name}}",
    "[[first_name]": "{{first_name}}",
    "[first_name]]": "{{first_name}}",
    "<<first_name>": "{{first_name}}",
    "{[first_name]}": "{{first_name}}",
    "[{first_name}]": "{{first_name}}",
}


@pytest.mark.parametrize(("written", "offered"), FOREIGN.items())
@pytest.mark.parametrize("text", ["{}", "Hi {}, see you on Friday", "¡Hola {}! 50% off", "«Hi {}» - [new]"])
def test_a_placeholder_of_another_system_is_found_and_ours_offered(
    text: str, written: str, offered: str
) -> None:
    whole = text.replace("{}", written)
    found = OURS.find(whole)
    assert [(each.written, each.offered) for each in found] == [(written, offered)]
    assert whole[found[0].start : found[0].end] == written


@pytest.mark.parametrize(
    "headings",
    [
        HEADINGS,
        ("phone", "name", "code", "today"),
        ("telefono", "nombre", "apellido", "ciudad", "celular"),
        ("mobile", "nom", "prénom", "ville"),
    ],
)
def test_an_ordinary_text_has_none(headings: tuple[str, ...]) -> None:
    placeholders = Placeholders(Headings(("to", *headings[1:]), line=1))
    assert len(TEXTS) > 150
    assert {text: placeholders.find(text) for text in TEXTS if placeholders.find(text)} == {}


@pytest.mark.parametrize(
    "field",
    [
        *("{{first_name}}", "{{ First Name }}", "{{first_name|there}}", "{{first_name|dear friend}}"),
        *(
            "{{first_name|O'Neil (TX)}}",
            "{{City|Dallas, TX}}",
            "{{first_name|}}",
            "{{order_number|n/a: ask}}",
        ),
    ],
)
def test_our_own_merge_fields_are_ours(field: str) -> None:
    assert OURS.find(f"Hi {field}, bye") == []


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("(see {first_name})", "{first_name}"),
        ("{Hi [City]}", "[City]"),
        ("https://example.com/{first_name}/offer", "{first_name}"),
        ("*{first_name}*", "{first_name}"),
        ('"FNAME"', "FNAME"),
        ("{{City}}{first_name}{{City}}", "{first_name}"),
        ("{{City}}{{first_name}", "{{first_name}"),
        ("{City*FNAME*}", "*FNAME*"),
        ("*FNAME-X*", "FNAME"),
        ("50%first_name", "first_name"),
    ],
)
def test_signs_that_are_not_its_own_stay(text: str, written: str) -> None:
    assert [each.written for each in OURS.find(text)] == [written]


def test_signs_go_with_one_of_two_neighbours() -> None:
    assert [each.written for each in OURS.find("*FNAME**|LNAME|*{first_name}}{{contact.city}}")] == [
        "*FNAME*",
        "*|LNAME|*",
        "{first_name}}",
        "{{contact.city}}",
    ]


@pytest.mark.parametrize("written", FOREIGN)
def test_what_was_replaced_is_a_text_without_any(written: str) -> None:
    found = OURS.find(f"Hi {written}!")
    if all(each.offered for each in found):
        text = f"Hi {written}!".replace(found[0].written, found[0].offered)
        assert OURS.find(text) == []
        assert not set("{}*<>&") & set(re.sub(r"\{\{[^{}]*\}\}", "", text))


def test_a_text_of_nothing_but_signs_is_judged_soon() -> None:
    began = time.process_time()
    for signs in ("{", "&lt;", "*", "{ab_name", "[[", "}"):
        assert OURS.find(signs * 60_000) is not None
    assert time.process_time() - began < 10  # seconds; what is quadratic takes twice as long


def test_only_a_column_of_the_file_is_offered() -> None:
    assert [each.offered for each in OURS.find("[Company] {link} [City]")] == ["", "", "{{City}}"]
    assert [each.offered for each in Placeholders(Headings((), line=1)).find("[Company]")] == ["{{Company}}"]


def test_several_are_found_in_their_order_beside_our_own() -> None:
    found = OURS.find("{first_name} {{City}} [City] {{contact.city}}%FIRSTNAME%")
    assert [each.written for each in found] == ["{first_name}", "[City]", "{{contact.city}}", "%FIRSTNAME%"]


def test_many_texts_are_read_as_one() -> None:
    assert not OURS.any_in(TEXTS)
    assert OURS.any_in([*TEXTS, "Hi [City]", *TEXTS])


def refusal(**settings: Any) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        open_roster("to,first_name\n12125550101,Ann\n", **settings).refuse_unfit_message()
    return refused.value


def test_a_campaign_with_one_is_refused_and_told_what_to_write() -> None:
    error = refusal(message="Hi [Name], and *|CITY|*")
    assert error.code == "foreign_placeholder"
    assert (
        error.message
        == "The message has [Name], a placeholder of another system, which would be sent as it stands."
    )
    assert error.hint == ("write merge fields like {{first_name}}; write {{first_name}} for [Name]")


def test_a_campaign_of_which_nothing_is_seen_is_refused() -> None:
    assert refusal(message=" \u200b\ufeff ").code == "invisible_text"


def test_a_row_with_one_of_its_own_is_invalid() -> None:
    recipients, rejected = read_rows(
        "to,first_name,message\n12125550101,Ann,Hi {first_name}\n12125550102,Bob,Hi {sic}\n12125550103,,\u200b\n"
        "12125550104,[name],\n"
    )
    assert [row.text for row in recipients] == [
        "Hi {sic}",
        "Hi [name]",
    ]  # what a cell holds is its own affair
    assert [(row.line, row.column, row.code) for row in rejected] == [
        (2, "message", "foreign_placeholder"),
        (4, "message", "invisible_text"),
    ]
    assert rejected[0].message.endswith("of another system; write {{first_name}} for {first_name}.")


def test_a_merge_field_that_leaves_nothing_to_see_makes_the_row_invalid() -> None:
    data = "to,first_name\n12125550101,Ann\n12125550102,\u2060\n"
    recipients, rejected = read_rows(data, message="{{first_name}}")
    assert [row.text for row in recipients] == ["Ann"]
    assert [(row.column, row.code) for row in rejected] == [(None, "invisible_text")]


def test_a_heading_with_a_bar_is_a_merge_field_too() -> None:
    recipients, _ = read_rows(
        "to,Size | Color\n12125550101,M\n", message="Hi {{Size | Color}}, {{Size | Color}}"
    )
    assert recipients[0].text == "Hi M, M"


def test_the_finished_text_is_smart_encoded_with_what_its_fields_brought() -> None:
    data = "to,first_name\n12125550101,Mun\u0303oz\n12125550102,\u201cMar\u00eda\u201d\n12125550103,\uff5b\uff5bx\n"
    recipients, rejected = read_rows(data, message="\u201cHi\u201d {{first_name}}\u2026", smart_encoding=True)
    assert [row.text for row in recipients] == ['"Hi" Mu\u00f1oz...', '"Hi" "Mar\u00eda"...']
    assert [row.code for row in rejected] == ["merge_leftover"]
