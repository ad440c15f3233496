"""Batches and their rows: packed, offered, taken under a lease, claimed, recorded. The heart of the ledger.

- `batches`, `leases`: the verbs, one a script; the second those of senders. `claims`: what they and the ledger tell.
- `packing`, `rows`: a batch as it lies in Redis: what the file said, and what changes of it. `batch_columns`,
  `single_rows`: what the file said by column, and gathered so while it is read.
- `agenda`: what is to be done when; latches; workers' signs of life.
- `consistency`: a campaign as an auditor reads it.

May import: `store/`, `installation/`, `limits/`, `model/`.
Begin with: `batches`, beside `lua/batches/take.lua`, `claim.lua` and `record.lua`.
"""
