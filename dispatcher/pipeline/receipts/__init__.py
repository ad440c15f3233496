"""Callbacks become receipts, receipts become states: in bulk, in any order, as often as they come.

- `ingest`: reads the stream, finds the rows, applies and acknowledges in one script.
- `drain`: one drain that waits a little for more. `status_mapping`: CarrierX's words become ours.

May import: `consent/`, `runtime/`, `ledger/`, `carrierx/`, `model/`.
Begin with: `ingest.ingest_entries`.
"""
