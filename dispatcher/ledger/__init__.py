"""Redis in one place: all state of all campaigns, changed only by small atomic scripts.

- `ledger`: `Ledger`, with everything below as its members. One method a script; it alone knows the script's arguments.
- `store/`: the server, the page of keys, running scripts. `lua/` has the scripts, in folders of the names that follow.
- `limits/`, `installation/`: what a claim obeys; what belongs to no campaign.
- `batches/`: rows, leases, claims. `campaigns/`, `receipts/`, `consent/`: what stands on them.
- `views/`: reads for people, above all of it.

May import: `model/`, `host/`, `settings`, `errors`; nothing that sends, reads files or knows Celery.
Begin with: `ledger`, then `store/keys.py`, then `lua/batches/claim.lua`.
"""
