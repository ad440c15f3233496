"""What CarrierX says, from its storing before the answer to the row that it changes.

- `callback_stream`: the stream of callbacks: stored, read by a group, acknowledged by the script that applies them.
- `receipts`: receipts brought to their rows. `failure_reasons`: failed rows that still lack a reason.
- `receivers`: who takes callbacks, and who is gone. `spool`: callbacks out of a file into the stream, each once.
  `dead_letters`: those that nobody could read.

May import: `batches/`, `installation/`, `limits/`, `store/`, `model/`.
Begin with: `receipts`, beside `lua/receipts/apply.lua`.
"""
