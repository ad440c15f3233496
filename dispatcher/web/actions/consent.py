"""Opt-outs, lists of them, and messages that a person decides on: done, and noted in the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.consent.optouts import OptOut, State
from dispatcher.pipeline.consent import optouts
from dispatcher.pipeline.consent.optout_csv import opt_out_lines
from dispatcher.pipeline.consent.optouts import Imported
from dispatcher.web.http.upload_form import Upload
from dispatcher.web.site.site import Site

_CHUNK = 64 * 1024


def put_numbers(site: Site, who: str, numbers: Sequence[str], state: State, source: str) -> int:
    """Opt numbers out, or let them come back; answers how many changed.

    Raises:
        InputError: one is no number; nothing was written.
    """
    changed = optouts.put_numbers(site.ledger, numbers, state, source)
    if changed:
        things = "1 number" if changed == 1 else f"{changed} numbers"
        site.audit_log.note(who, f"opted {things} out" if state == "out" else f"let {things} back in")
    return changed


def import_list(site: Site, who: str, upload: Upload) -> Imported:
    """Read a list of opt-outs.

    Raises:
        InputError: the file as a whole cannot be used.
    """
    upload.source.seek(0)
    done = optouts.import_list(site.ledger, upload.source, max_bytes=site.max_file_bytes)
    site.audit_log.note(who, f"imported {done.read} opt-outs, {done.changed} changed")
    return done


def decide(site: Site, who: str, sid: str, *, stop: bool) -> Inbound:
    """Say what a doubtful message means.

    Raises:
        NotFound: there is no such message.
    """
    message = optouts.decide(site.ledger, sid, stop=stop)
    site.audit_log.note(who, f"decided that a message is {'an' if stop else 'no'} opt-out")
    return message


def export_chunks(entries: Iterable[OptOut]) -> Iterator[str]:
    """The whole list as CSV, in pieces."""
    waiting, size = [], 0
    for line in opt_out_lines(entries):
        waiting.append(line)
        size += len(line)
        if size >= _CHUNK:
            yield "".join(waiting)
            waiting, size = [], 0
    yield "".join(waiting)
