"""Campaign files that are mostly ordinary and now and then not: by blocks they must read as they do row by row."""

from __future__ import annotations

import random
from pathlib import Path

CORPUS = Path(__file__).parents[2] / "data" / "roster"
CAMPAIGNS = Path(__file__).parents[3] / "campaigns"
#: Numbers in the writings that people use; some can be sent to, some cannot.
NUMBERS = (
    *("12125550101", "2125550102", "+12125550103", "+1 212 555 0104", "(212) 555-0105", "212.555.0106"),
    *(
        "1 (212) 555-0107",
        "1-212-555-0108",
        "212 5550109",
        "(212)5550110",
        "+1.212.555.0111",
        " 12125550112 ",
    ),
    *("12122340101", "12122340102", "2122340103", "(212) 234-0104", "+1-212-234-0105", "416 234 0106"),
    *(
        "1.2122340107E+10",
        "12122340108.0",
        "12,122,340,109",
        "tel:+12122340110",
        '="12122340111"',
        "'12122340112",
    ),
    *(
        "",
        " ",
        "NULL",
        "-",
        "x",
        "555",
        "+2122340113",
        "+442071838750",
        "011442071838750",
        "18002340114",
        "19002340115",
    ),
    *("11112340116", "12120340117", "2122340118 x9", "2122340119, 2122340120", "212\u00a0234\u00a00121"),
    *("\u0661\u0662\u0661\u0662\u0662\u0663\u0664\u0660\u0661\u0662\u0662", "212\n2340123", "+1+2122340124"),
    *("((212) 234-0125", "12122340126-", "-12122340127", "+", "1", "00000000000", "8762340128", "5002340129"),
    *("15162065575", "15162340130"),
)
NAMES = (
    *(
        "Ann",
        "Bob",
        "",
        " ",
        "  Cyd ",
        "#N/A",
        "NULL",
        " - ",
        "Nan",
        "#1 fan",
        "#ref!",
        "{{x}}",
        "{",
        "{{",
        "}}",
        "'=1+1",
        "'Ann",
        "%s",
    ),
    *(
        "=1+1",
        "Zo\u00eb",
        "\U0001f600",
        "a\nb",
        "a\r\nb",
        'say "hi"',
        "a,b",
        "x" * 900,
        "y" * 1700,
        "\u2028",
        "{0}",
        "\u200b\u2060",
        "Mun\u0303oz",
        "\uff5b\uff5bx",
        "\u2019" * 70 + "\u2026" * 260,
    ),
)
SENDERS = ("", " ", "15162065575", "(516) 234-0130", "555", "15165550199")
ZONES = ("", "America/New_York", "new york", "EST", "Mars/Base", " ")
MEDIA = ("", "https://example.com/a.jpg", "https://example.com/b.jpg?Expires=1", "ftp://x", "a|b", " ")
MESSAGES = (
    "",
    " ",
    "Hi",
    "Hi {{first_name|there}}",
    "{{",
    "Look: bit.ly/x",
    "z" * 1601,
    "\u00c9 \u2019" * 60,
    "Hi [first_name]",
    "Hi *|FNAME|*",
    "\u200b",
    "\ufe0f \x07",
    "\u2026" * 600,
    "\uff5b\uff5bto}}",
)
CONSENT = ("yes", "yes", "yes", "no", "", "maybe", "Opted out", "2026-01-02")
COLUMNS = {
    "from": SENDERS,
    "timezone": ZONES,
    "media_urls": MEDIA,
    "message": MESSAGES,
    "Text Opt-In": CONSENT,
}


def odd_file(dice: random.Random, rows: int) -> bytes:
    """A file of so many rows; one in some is out of the ordinary."""
    oddity = dice.choice((0.0, 0.01, 0.1, 0.5))
    extra = [name for name in COLUMNS if dice.random() < 0.3]
    heading = ["to", "first_name", *extra, *([""] if dice.random() < 0.1 else [])]
    if dice.random() < 0.05:
        heading.append("error_code")
    lines = [heading]
    for row in range(rows):
        usual = row if dice.random() > oddity / 3 else dice.randrange(rows)
        cells = [
            f"1212234{usual % 10_000:04}",
            f"Ann{row % 7}",
            *("yes" if name == "Text Opt-In" else "" for name in heading[2:]),
        ]
        if dice.random() < oddity:
            cells[0] = dice.choice(NUMBERS)
        if dice.random() < oddity:
            cells[1] = dice.choice(NAMES)
        for place, name in enumerate(heading[2:], 2):
            if name in COLUMNS and dice.random() < max(oddity, 0.2):
                cells[place] = dice.choice(COLUMNS[name])
        if dice.random() < oddity / 5:
            cells = dice.choice((cells[:1], [*cells, ""], [*cells, "more"], [], [" "]))
        lines.append(cells)
    end = dice.choice(("\n", "\r\n", "\r"))
    quoted = dice.random() < 0.2
    text = end.join(",".join(_cell(cell, quoted=quoted) for cell in cells) for cells in lines)
    return (text + dice.choice(("", end))).encode(dice.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16")))


def _cell(cell: str, *, quoted: bool) -> str:
    needs = quoted or any(sign in cell for sign in '",\r\n')
    return '"' + cell.replace('"', '""') + '"' if needs else cell


def files() -> list[Path]:
    """The whole corpus, and the campaigns that come with the program."""
    return sorted(
        path for folder in (CORPUS, CAMPAIGNS) for path in folder.iterdir() if path.suffix != ".json"
    )
