"""What this program writes to read it again is read as it was written, cell by cell."""

from __future__ import annotations

import io

from hypothesis import example, given
from hypothesis import strategies as st

from dispatcher.roster.own_files import OwnFile, own_file
from tests.dispatcher.roster.reading import open_roster

#: Without what reads like letters that a program encoded twice: those are mended in whatever is read.
_TEXTS = st.text(
    st.characters(codec="ascii", exclude_categories=["Cc"]) | st.sampled_from("\n\tºñ…Łл日😀"), max_size=12
)


@given(heading=_TEXTS, cells=st.lists(_TEXTS, min_size=1, max_size=4), separator=st.sampled_from(",;|\t"))
@example(heading="Notes; a; b", cells=["3º"], separator=",")
@example(heading="sep=;", cells=["=1+1", "'=x", "'tis", ' "a"', 'b, "c"'], separator=",")
def test_cells_are_read_as_they_were_written(heading: str, cells: list[str], separator: str) -> None:
    out = io.BytesIO()
    with OwnFile(out, separator) as lines:
        lines.write((f"x{heading}", "phone"))
        for place, cell in enumerate(cells):
            lines.write((cell, f"1212555010{place}"))
    roster = open_roster(out.getvalue(), to="phone", message="Hi")
    assert roster.column_names == (f"x{heading}".strip(), "phone")
    assert [row.cells for row in roster] == [(cell, f"1212555010{place}") for place, cell in enumerate(cells)]


def test_a_file_says_itself_what_it_is_written_in() -> None:
    file = own_file(["phone", "name"], ["12125550101", "3º"]).read()
    assert file == '\ufeffsep=,\n"phone","name"\n"12125550101","3º"\n'.encode()
    [row] = open_roster(file, encoding="windows-1252", message="Hi")
    assert row.cells == ("12125550101", "3º")
