"""What people and programs write around a number: schemes of addresses, labels in three languages, quotes.

A word that is not known here makes a cell no number: it may be a name, a vanity number or "do not call".
"""

from __future__ import annotations

import html
import re
import unicodedata
from enum import Enum
from urllib.parse import unquote

from dispatcher.roster.rejections import RowError

_SCHEMES = "tel|sms|smsto|mms|mmsto|whatsapp|callto|telprompt|facetime|facetime-audio|imessage|rcs|p"
_SCHEME = re.compile(rf"(?:{_SCHEMES})(?:;[^:]*)?:(?://)?", re.IGNORECASE)
_LINK = re.compile(
    r"(?:https?://)?(?:wa\.me/|api\.whatsapp\.com/send/?\?phone=|send/?\?phone=)(?=[+\d])", re.IGNORECASE
)
#: What follows the number in an address: the text of a message. And the host of a chat.
_AFTER = re.compile(r"(?:;?\?|&body=).*", re.DOTALL | re.IGNORECASE)
_SAYING = re.compile(r"(\d):[^\d+].*", re.DOTALL)
_HOST = re.compile(r"@(?:s\.whatsapp\.net|c\.us)$", re.IGNORECASE)
_PARAMETER = re.compile(r";\s*([a-z][a-z\d-]*)=([^;,\n]*)", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>|\\[nrt]", re.IGNORECASE)
_QUOTES = "'\"`^ \t\r\n"
_EXTENSION_WORDS = r"ext(?:n|ens[ií]on|ension)?\.?|x|#|~|poste|anexo|int(?:erno)?\.?"
_EXTENSION = re.compile(
    rf"\d\s*\)?[\s,;(]*(?:{_EXTENSION_WORDS})\s*[:.=#]?\s*\d{{1,7}}(?!\W?\d)|\d[pw]+\d{{1,6}}$", re.IGNORECASE
)
_NO_EXTENSION = re.compile(rf"(?<=\d)[\s,;(]*(?:{_EXTENSION_WORDS})\s*[:.=]?\s*\)?$", re.IGNORECASE)
_NOTHING = re.compile(r"(?<!\w)(?:n/a|null|none|nil)(?!\w)|_\$!<|>!\$_", re.IGNORECASE)
#: "No." for number: without its sign it may say no.
_NO = re.compile(r"(?<!\w)no\s*[.:#]\s*(?=[+(\d])", re.IGNORECASE)
_NUMBERED = re.compile(r"([^\W\d_]{2,}\.?\s*#?)\s*\d\s*[:=]")
WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|\.(?=[^\W\d_]))*")


class LabelKind(Enum):
    """What a word says of the number that it stands beside."""

    MOBILE = "mobile"
    FAX = "fax"
    ANY = "any"


_WORDS = {
    LabelKind.MOBILE: "c cel cell cells cellular cellphone celular cellulaire m mob mbl mobil mobile mobilephone movil "
    "portable gsm iphone android wireless sms mms text texts texting handy",
    LabelKind.FAX: "fax faxes telefax telecopie telecopieur telecopieuse facsimile pager beeper tty tdd",
    LabelKind.ANY: "phone phones ph tel tele telephone telefono tlf tfno fono fon number numero num nr nbr "
    "h hm home house res residence casa hogar domicile maison dom w wk work bus business office ofc job trabajo "
    "oficina travail bureau b o main primary principal principale pref preferred default other otro autre alt "
    "alternate secondary second first d day daytime evening eve night direct dir t landline land line fijo fixe "
    "voice whatsapp wa type value label us usa ca can canada united states estados unidos etats unis america",
}
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words.split()}
#: In the parameters of a vCard's `TEL;TYPE=CELL:` these say something.
_SAID = {word for word, kind in _KINDS.items() if kind is not LabelKind.ANY and len(word) > 2}


def kind_of(word: str) -> LabelKind | None:
    """What this word says; None: it is not known."""
    plain = unicodedata.normalize("NFKD", word.casefold()).replace(".", "")
    return _KINDS.get("".join(char for char in plain if not unicodedata.combining(char)))


def unwrapped(text: str) -> str:
    """Without what programs put around a number or a list of them: quotes, `="…"`, brackets of a list, schemes of
    addresses with what follows the number, escapes of HTML and of addresses.

    Raises:
        RowError: `extension`, where an address has one.
    """
    if "&" in text and ";" in text:
        text = html.unescape(text).replace("\u00a0", " ")
    if "%" in text:
        text = unquote(text)
    text = _BREAK.sub("\n", text.lstrip("=") if text[:1] == "=" else text).strip(_QUOTES)
    if text[:1] in "[{<" and text[-1:] in "]}>":
        text = text[1:-1].strip(_QUOTES)
    text = _without_scheme(text)
    return text.strip(" ,;\t\r\n'\"")


def _without_scheme(text: str) -> str:
    said, addressed = "", False
    while found := _SCHEME.match(text) or _LINK.match(text):
        scheme, *_ = words = WORD.findall(found[0])
        words = [word for word in words if word.casefold() in _SAID]
        said, text, addressed = f"{said}{' '.join(words)} ", text[found.end() :], True
        if scheme.casefold() in ("smsto", "mmsto"):
            said, text = f"{said}sms ", _SAYING.sub(r"\1", text)
    return said.lstrip() + _without_parameters(_AFTER.sub("", text) if addressed else _HOST.sub("", text))


def _without_parameters(text: str) -> str:
    """Without those of RFC 3966; the country of a `phone-context` goes before the number."""
    if ";" not in text:
        return text
    values = {name.lower(): value.strip() for name, value in _PARAMETER.findall(text)}
    if values.get("ext") or values.get("postd"):
        raise RowError("extension")
    text = _PARAMETER.sub("", text)
    context = values.get("phone-context", "")
    return f"{context} {text}" if context[:1] == "+" and text[:1] != "+" else text


def without_empty_labels(text: str) -> str:
    """Without an extension that is none, "n/a", the number that a label has (`Phone 1: …`), what Apple puts around it.

    Raises:
        RowError: `extension`.
    """
    text = _NUMBERED.sub(r"\1 ", _NO.sub(" ", _NOTHING.sub(" ", text)))
    text = _NO_EXTENSION.sub("", text.strip(_QUOTES))
    if _EXTENSION.search(text):
        raise RowError("extension")
    return text
