"""Closes what callbacks left open: unknown outcomes, silent group members, lost callbacks, missing reasons.

- `reconcile`: looks at batches that are due for it. `failure_reasons`: why messages failed, asked for in bulk by date.

`_unknown_outcomes` finds a message, or proves that it is not there, which takes a `_positive_control`;
`_lost_callbacks` asks what became of one; `_batch_view` is the batch as they see it. `_record_matching` tells which
detail record is whose.

May import: `recovery/`, `receipts/`, `limits/`, `polling/`, `runtime/`, `ledger/`, `carrierx/`, `rules/`.
Begin with: `reconcile.look_after`.
"""
