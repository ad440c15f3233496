"""A copy of the ledger in one file, and the way back.

- `backup`: takes the copy while everything runs, loads what it wrote into a server of its own, and counts it there.
- `restore`: puts a copy into an empty place, so that nothing is claimed there until `mms recover`.
- `archive`: the file: the server's data and a manifest that says what is in it.

What must follow a restore is `recovery/`'s.

May import: `reports/`, `ledger/`, `host/`, `model/` and `errors`.
Begin with: `backup.back_up`.
"""
