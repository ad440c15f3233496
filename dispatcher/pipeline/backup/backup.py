"""Takes a copy of the ledger while everything runs, and believes in it only once it was loaded and counted."""

from __future__ import annotations

from pathlib import Path

import redis

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.snapshot import read_snapshot
from dispatcher.model.timestamps import utc_text, utc_text_or_none
from dispatcher.pipeline.backup._ledger_facts import LedgerFacts, counts_of, facts_of, findings_of, now_ms
from dispatcher.pipeline.backup._throwaway import scratch_folder, throwaway_server
from dispatcher.pipeline.backup.archive import DATA, FORMAT, ArchiveWriter, Manifest, extract, new_archive


def back_up(client: redis.Redis, target: Path) -> Manifest:
    """Copy the ledger behind `client` into the file `target`, which must not be there; what is in it.

    The copy is of one moment after the call. It is read back out of the file into a server of its own, and must be of
    this ledger, and between what was counted here before and after.

    Raises:
        InputError: the file cannot be written, or what was written cannot be loaded.
        StoreUnavailable: Redis does not answer, or what came is no copy of this ledger.
        StoreRefused: Redis hands out no copy.
        ConfigError: there is no embedded Valkey for this machine, which would read it.
    """
    with new_archive(target) as archive, scratch_folder(target.parent) as scratch:
        taken_ms, before = now_ms(client), facts_of(client)
        archive.put_data(read_snapshot(client))
        after = facts_of(client)
        extract(archive.part, None, scratch / DATA)
        manifest = _seen_in(scratch, client, archive, taken_ms)
        _require_between(before, manifest, after)
        archive.finish(manifest)
    return manifest


def _seen_in(scratch: Path, client: redis.Redis, archive: ArchiveWriter, taken_ms: int) -> Manifest:
    """What is in the copy that was written, seen by loading it."""
    database = int(client.connection_pool.connection_kwargs.get("db") or 0)
    with throwaway_server(scratch, database, dbfilename=DATA, appendonly="no") as copy:
        facts = facts_of(copy)
        return Manifest(
            format=FORMAT,
            ledger=facts.ledger,
            mode=facts.mode,
            api=facts.api,
            taken_at=utc_text(taken_ms, "seconds"),
            ticked_at=utc_text_or_none(facts.ticked_ms or 0, "seconds"),
            server=_server(client),
            database=database,
            schema_version=facts.schema_version,
            replicas=facts.replicas,
            bytes=archive.bytes,
            sha256=archive.sha256,
            counts=counts_of(copy),
            findings=findings_of(copy),
        )


def _require_between(before: LedgerFacts, copy: Manifest, after: LedgerFacts) -> None:
    """What is counted only ever rises, so a copy of this ledger, taken in between, is in between."""
    ticks, claims = copy.counts.ticks, copy.counts.claims
    in_between = before.ticks <= ticks <= after.ticks and before.claims <= claims <= after.claims
    if copy.ledger != before.ledger or copy.mode != before.mode or not in_between:
        raise StoreUnavailable(
            f"what Redis handed out is no copy of this ledger ({ticks} ticks and {claims} claims in it; "
            f"{before.ticks} to {after.ticks} and {before.claims} to {after.claims} here)",
            hint="did another server take over meanwhile? try it again",
        )


def _server(client: redis.Redis) -> str:
    with translated():
        told = client.info("server")
    name = "valkey" if "valkey_version" in told else "redis"
    return f"{name} {text_of(told.get(f'{name}_version', '?'))}"
