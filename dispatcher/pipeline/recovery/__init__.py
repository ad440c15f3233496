"""After a restore from an older copy: noticed, and nothing is sent twice for it.

- `restore_detection`: what is remembered outside of the ledger, by which an older copy is known.
- `recover`: everything that may have been sent since becomes unconfirmed, then the mark is lifted.
- `quarantine_lookup`: looks for those messages in every attempt that may have been made.

May import: `receipts/`, `schedules/`, `consent/`, `polling/`, `runtime/`, `ledger/`, `carrierx/`, `rules/`.
Begin with: `restore_detection`, then `recover.recover`.
"""
