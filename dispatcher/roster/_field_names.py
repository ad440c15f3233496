"""Names that mail and message tools give the fields of a contact, by what they hold.

A name stands without case, spaces, `_` and `-`, as `columns.heading_key` writes it.
"""

from __future__ import annotations

import re

#: What a field holds → its names. The first three are a person's.
_GROUPS = (
    "firstname fname givenname forename firstnamefix contactfirstname prenom prénom primernombre vorname",
    "lastname lname surname familyname contactlastname nomdefamille apellido apellidos nachname",
    "fullname contactname customername clientname recipientname yourname nombrecompleto nomcomplet",
    "name nombre nom nickname preferredname",
    "first given",
    "last",
    "email emailaddress emailaddr mail correo correoelectronico courriel",
    "phone phonenumber mobile mobilenumber mobilephone cell cellphone telefono teléfono telephone téléphone",
    "company companyname organization organisation organizationname empresa entreprise",
    "city town ciudad ville",
    "state province estado",
    "zip zipcode postalcode postcode codigopostal codepostal",
    "address streetaddress addressline1 address1 direccion dirección adresse",
    "birthday birthdate dob dateofbirth",
    "salutation honorific jobtitle",
    "membershipid customerid contactid customstring1 customfield1",
)
#: Where no column has such a field, one of the first group will do.
_ALSO = {"first": "firstname", "last": "lastname", "name": "firstname", "fullname": "firstname"}
_OF = {name: names.split() for names in _GROUPS for name in names.split()}
#: Names of a contact's fields.
USUAL = frozenset(_OF)
#: Of these, names that no ordinary sentence has in brackets.
OF_A_PERSON = frozenset(name for names in _GROUPS[:3] for name in names.split()) - {"yourname"}
_NO_CONTACTS = (
    "link url website code coupon couponcode promocode discount date time day amount total balance price order "
    "orderid ordernumber product productname item store storename shop location business businessname appointment "
    "appointmentdate appointmenttime doctor provider service invoice invoicenumber duedate tracking trackinglink "
    "trackingnumber unsubscribe unsubscribelink optout account accountnumber agent agentname event eventname message "
    "gender age id points username user prefix suffix country custom1 custom2 field1 field2 var fecha hora enlace "
    "codigo código lien lieu heure"
)
#: Names that stand in curly braces where no contact has such a field.
IN_BRACES = USUAL | frozenset(_NO_CONTACTS.split())
_OWNERS = (
    "contact person recipient subscriber user customer lead profile member client account patient guest student data "
    "merge field fields custom customfield cf attribute attributes attr properties event deal company organization "
    "order opportunity campaign sender agent owner location appointment"
)
#: Whose fields they are, before a dot: `contact.first_name`.
OWNERS = frozenset(_OWNERS.split())
_LAST_WORDS = "name number code id email phone address city company date amount"
_WORDS_OF_FIELDS = frozenset(_LAST_WORDS.split())
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def alike(name: str) -> list[str]:
    """Other names of what a field of this name holds, the likeliest first; none for a name that is not usual."""
    if name not in _OF:
        return []
    group = _OF[name]
    return [*group, *_OF[_ALSO[group[0]]]] if group[0] in _ALSO else list(group)


def is_snake(written: str) -> bool:
    """Whether it is written as programs write names, `order_number`; no face is, `o_o`."""
    parts = written.split("_")
    return len(parts) > 1 and all(len(part) > 1 and part.isalnum() for part in parts) and written[0].isalpha()


def is_camel(written: str) -> bool:
    """The same of `orderNumber`; no brand is, `YouTube`."""
    words = _WORD.findall(written)
    if len(words) < 2 or "".join(words) != written or any(len(word) < 2 for word in words):
        return False
    return words[-1].lower() in _WORDS_OF_FIELDS and written != written.upper()
