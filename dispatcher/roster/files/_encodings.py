"""The encodings that files come in: their names, what people call them, and how often they are met."""

from __future__ import annotations

import codecs
from difflib import get_close_matches
from typing import NamedTuple

from dispatcher.roster.rejections import refused

#: UTF-8 into which rows of Windows-1252 were pasted.
MIXED = "utf-8+windows-1252"
_OF_PASTED_ROWS = "windows-1252 where it is not utf-8"


class Encoding(NamedTuple):
    """`name` is what the setting says, `codec` Python's, `label` what people call it, `rarity` how much less often than
    Windows-1252 it is met, in nats. `language` is the one whose ideographs it was made for, `daily` the first bytes of
    those in daily use. `errors` see Python."""

    name: str
    codec: str
    label: str
    rarity: float = 0.0
    language: str = ""
    daily: range = range(0)
    errors: str = "strict"


UTF_8 = Encoding("utf-8", "utf-8", "Unicode (UTF-8)")
PASTED = Encoding(MIXED, "utf-8", "UTF-8, with rows in Windows-1252 among it", errors=_OF_PASTED_ROWS)
#: Of seven bits, with escape sequences that nothing else has.
ESCAPED = (
    Encoding("iso-2022-jp", "iso2022_jp_ext", "Japanese (ISO-2022)"),
    Encoding("iso-2022-kr", "iso2022_kr", "Korean (ISO-2022)"),
)

#: What is found out by the letters that come of it. Encodings that only differ in signs nobody uses stand here once.
LEGACY = (
    Encoding("windows-1252", "cp1252", "Western European (Windows)", 0),
    Encoding("iso-8859-15", "iso8859-15", "Western European (ISO, with €)", 4),
    Encoding("macroman", "mac_roman", "Western European (Mac)", 2),
    Encoding("cp850", "cp850", "Western European (DOS)", 3),
    Encoding("cp437", "cp437", "US (DOS)", 3),
    Encoding("windows-1250", "cp1250", "Central European (Windows)", 3),
    Encoding("iso-8859-2", "iso8859-2", "Central European (ISO)", 5),
    Encoding("iso-8859-3", "iso8859-3", "Maltese, Esperanto (ISO)", 9),
    Encoding("cp852", "cp852", "Central European (DOS)", 5),
    Encoding("mac-latin2", "mac_latin2", "Central European (Mac)", 6),
    Encoding("windows-1254", "cp1254", "Turkish (Windows)", 4),
    Encoding("cp857", "cp857", "Turkish (DOS)", 8),
    Encoding("mac-turkish", "mac_turkish", "Turkish (Mac)", 9),
    Encoding("windows-1257", "cp1257", "Baltic (Windows)", 5),
    Encoding("cp775", "cp775", "Baltic (DOS)", 11),
    Encoding("windows-1251", "cp1251", "Cyrillic (Windows)", 3),
    Encoding("koi8-r", "koi8-r", "Russian (KOI8)", 4),
    Encoding("koi8-u", "koi8-u", "Ukrainian (KOI8)", 4.5),
    Encoding("cp855", "cp855", "Cyrillic (DOS, IBM)", 7),
    Encoding("cp866", "cp866", "Cyrillic (DOS)", 4),
    Encoding("iso-8859-5", "iso8859-5", "Cyrillic (ISO)", 6),
    Encoding("mac-cyrillic", "mac_cyrillic", "Cyrillic (Mac)", 6),
    Encoding("windows-1253", "cp1253", "Greek (Windows)", 4),
    Encoding("iso-8859-7", "iso8859-7", "Greek (ISO)", 5),
    Encoding("cp737", "cp737", "Greek (DOS)", 6),
    Encoding("mac-greek", "mac_greek", "Greek (Mac)", 11),
    Encoding("windows-1255", "cp1255", "Hebrew (Windows)", 4),
    Encoding("cp862", "cp862", "Hebrew (DOS)", 6),
    Encoding("windows-1256", "cp1256", "Arabic (Windows)", 4),
    Encoding("iso-8859-6", "iso8859-6", "Arabic (ISO)", 6),
    Encoding("windows-874", "cp874", "Thai (Windows)", 5),
    Encoding("shift-jis", "cp932", "Japanese (Shift-JIS)", 3, "japanese", range(0x82, 0x98)),
    Encoding("euc-jp", "euc_jp", "Japanese (EUC)", 5, "japanese", range(0xA4, 0xD0)),
    Encoding("gb18030", "gb18030", "Chinese, simplified (GB18030)", 3, "simplified", range(0xB0, 0xD8)),
    Encoding("big5", "cp950", "Chinese, traditional (Big5)", 3, "traditional", range(0xA4, 0xC7)),
    Encoding("euc-kr", "cp949", "Korean (EUC-KR)", 3, "korean", range(0xB0, 0xC9)),
    Encoding("johab", "johab", "Korean (Johab)", 9, "korean"),
    Encoding("windows-1258", "cp1258", "Vietnamese (Windows)", 7),
)
_BY_CODEC = {codecs.lookup(each.codec).name: each for each in (UTF_8, *ESCAPED, *LEGACY)}
#: Names that Python does not know, or takes for less than what programs mean by them.
_ALIASES = {
    **dict.fromkeys(("ansi", "latin1", "latin-1", "iso-8859-1", "iso8859-1", "iso_8859-1", "l1"), "cp1252"),
    **dict.fromkeys(("mac", "x-mac-roman", "mac-os-roman"), "mac_roman"),
    **dict.fromkeys(("sjis", "shift-jis", "shift_jis", "shiftjis", "x-sjis"), "cp932"),
    **dict.fromkeys(("gbk", "gb2312", "gb-2312", "cp936", "windows-936", "euc-cn"), "gb18030"),
    **dict.fromkeys(("big5", "big-5", "windows-950"), "cp950"),
    **dict.fromkeys(("euc-kr", "euckr", "ks_c_5601-1987", "windows-949"), "cp949"),
    **dict.fromkeys(("tis-620", "tis620", "iso-8859-11", "windows-874"), "cp874"),
    **dict.fromkeys(("iso-8859-9", "latin5", "latin-5"), "cp1254"),
    **dict.fromkeys(("iso-2022-jp", "iso2022-jp", "iso2022jp", "csiso2022jp"), "iso2022_jp_ext"),
    **dict.fromkeys(("unicode", "ucs-2"), "utf-16"),
    **dict.fromkeys(("utf8bom", "utf-8-sig", "utf8-sig", "utf-8-bom"), "utf-8"),
}
#: Codecs of Python that turn text into other text.
_NO_ENCODINGS = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
)


def named(name: str) -> Encoding:
    """The encoding of this name, as Python and other programs write it.

    Raises:
        FileRefused: `unknown_encoding`, with the nearest name.
    """
    asked = name.strip().lower()
    if asked == MIXED:
        return PASTED
    try:
        codec = codecs.lookup(_ALIASES.get(asked, asked)).name
        is_text = isinstance("".encode(codec), bytes) and codec.replace("-", "_") not in _NO_ENCODINGS
    except (LookupError, ValueError, TypeError):
        is_text = False
    if not is_text:
        names = [MIXED, *_ALIASES, *(each.name for each in _BY_CODEC.values())]
        near = get_close_matches(asked, names, 1)
        raise refused("unknown_encoding", name=name[:40], nearest=f"; nearest is {near[0]!r}" if near else "")
    return _BY_CODEC.get(codec) or Encoding(codec, codec, codec)


def _pasted(error: UnicodeError) -> tuple[str, int]:
    """What is no UTF-8 was pasted in from a program that writes Windows-1252."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252"), error.end


codecs.register_error(_OF_PASTED_ROWS, _pasted)
