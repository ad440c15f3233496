"""Reads for people and programs that look: they change nothing and may see the whole ledger.

- `overview`: the ledger in a few numbers. `campaign_list`: campaigns by state and name.
- `recipient_pages`: a large campaign a page at a time. `message_locator`: the rows of a message, and their numbers.
- `samples`: a few unsent batches, to know what the rest is like.

May import: `ledger` and all packages beside it (`batches/`, `campaigns/`, `receipts/`, `consent/`, `limits/`,
`installation/`, `store/`), `model/`.
Begin with: `overview`.
"""
