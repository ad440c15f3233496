"""An upgrade as it is done: an older version's processes are replaced one by one while a campaign runs.

`python -m tests.upgrade --from COMMIT --rows 100000` (`make upgrade FROM=… ROWS=…`) takes the older version out of this
repository's history, starts its processes with this environment's packages, and judges by what the simulator took and
by the ledger's own books.

- `trees`: the older version in a folder. `fleet`: its processes, each of which may be replaced by the other version's.
- `rolling`: the campaign and the replacements. `verdict`: what became of it.
- `recording`: has an older version make a ledger with everything in it (`record`), for `tests/data/ledgers/`.
  `recorded`: puts that into a Valkey, to be gone on with.

May import: everything.
Begin with: `rolling`.
"""
