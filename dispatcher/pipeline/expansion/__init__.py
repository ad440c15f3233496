"""A stored file becomes batches: streamed, groups whole, resumable wherever the reader was killed.

- `expand`: reads on at the cursor, batch by batch, and shows life while it reads.
- `grouping`: from recipients to messages: one each, or groups by number of rows or by a column. `batching`: from
  messages to batches.

Groups whose rows lie far apart are put together on disk (`_group_spool`).

May import: `runtime/`, `ledger/`, `roster/`, `model/`.
Begin with: `expand.expand`.
"""
