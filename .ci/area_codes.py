"""The table of area codes anew, from the plan administrator's report: `make areacodes REPORT=npa_report.csv`.

What the table has stays as it is, but for the day of service. A new code has the zones of the code that it lies over;
one without such a code, and one that is gone, are for a person: it says which, ends with 1, and writes nothing.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "dispatcher" / "numbering" / "data" / "area_codes.csv"
PROVINCES = {
    "ALBERTA": "AB",
    "BRITISH COLUMBIA": "BC",
    "MANITOBA": "MB",
    "NEW BRUNSWICK": "NB",
    "NEWFOUNDLAND AND LABRADOR": "NL",
    "NOVA SCOTIA - PRINCE EDWARD ISLAND": "NS PE",
    "ONTARIO": "ON",
    "QUEBEC": "QC",
    "SASKATCHEWAN": "SK",
}
USES = {"toll-free": "toll-free", "premium services": "premium", "non-geographic services": "personal"}
Row = Mapping[str, str]


def main(report: Path, table: Path = TABLE) -> int:
    """Write the table anew. 0: done, 1: something in the report is for a person."""
    first, *lines = report.read_text("utf-8-sig").splitlines()
    as_of = datetime.strptime(first.partition(",")[2].strip(), "%m/%d/%Y").date()  # noqa: DTZ007 - a day has no zone
    listed = {row["NPA_ID"]: row for row in csv.DictReader(lines)}
    head = [line for line in table.read_text("ascii").splitlines() if line.startswith("#")]
    known = {
        row["area_code"]: row for row in csv.DictReader(table.read_text("ascii").splitlines()[len(head) :])
    }
    codes = dict(known)
    doubts = [
        f"{code} is gone" for code in known if known[code]["country"] and not _is_assigned(listed.get(code))
    ]
    for code, row in listed.items():
        if code in known:
            codes[code] = {**known[code], "in_service": _day(row)}
        elif _is_assigned(row) and (_day(row) or row["USE"] == "N"):
            codes[code] = _new(code, row, known)
            if row["USE"] == "G" and not codes[code]["zones"]:
                doubts.append(f"{code} is new: {row['LOCATION']}, {row['COUNTRY']}")
    if doubts:
        print("\n".join(sorted(doubts)), file=sys.stderr)
        return 1
    head = [f"# as of: {as_of}" if line.startswith("# as of: ") else line for line in head]
    table.write_text("\n".join((*head, *_written(codes[code] for code in sorted(codes)), "")), "ascii")
    new = sorted(codes.keys() - known.keys())
    print(f"{len(codes)} codes as of {as_of}; new: {', '.join(new) or 'none'}")
    return 0


def _is_assigned(row: Row | None) -> bool:
    return row is not None and row["ASSIGNED"] == "Yes"


def _day(row: Row) -> str:
    written = row["IN_SERVICE_DT"].strip()
    return f"{datetime.strptime(written, '%d-%b-%Y').date()}" if written else ""  # noqa: DTZ007 - a day has no zone


def _new(code: str, row: Row, known: Mapping[str, Row]) -> Row:
    empty = dict.fromkeys(("country", "states", "zones", "use"), "")
    new = {"area_code": code, **empty, "in_service": _day(row)}
    if row["USE"] == "N":
        return {**new, "use": USES.get(row["SERVICE"].strip().lower(), "service")}
    country = {"US": "US", "CANADA": "CA"}.get(row["COUNTRY"], "")
    states = PROVINCES.get(row["LOCATION"], "") if country == "CA" else row["LOCATION"]
    over = known.get(row["PARENT_NPA_ID"])
    if over is None or (over["country"], over["states"]) != (country, states):
        return new
    return {**new, "country": country, "states": states, "zones": over["zones"]}


def _written(rows: Iterable[Row]) -> Iterable[str]:
    names = ("area_code", "country", "states", "zones", "in_service", "use")
    yield ",".join(names)
    yield from (",".join(row[name] for name in names) for row in rows)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make areacodes REPORT=npa_report.csv (reports.nanpa.com, NPA Database)")
    sys.exit(main(Path(sys.argv[1])))
