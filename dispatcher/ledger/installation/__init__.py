"""What belongs to the installation and to no campaign: made once, or kept across all of them.

- `installation`: the ledger's stamp and what it has of keys; whether its Redis can keep our promises.
- `rotating_keys`, `admin_token`: the secret, the callback key and the admin token, and another in their place.
- `worker_names`: workers of two hosts of one name are told apart.
- `recovery`: an older copy of the ledger: marked, gone through, let go. `upgrade`: how far it is on its way to this
  program's schema.
- `api_tokens`, `idempotency_keys`: who may come in, and calls that are done once.
- `audit_log`, `counters`: who did what; what all processes counted.
- `callback_challenges`: a question that only a callback receiver of this ledger can answer.
- `last_backup`: when a copy was taken. `chosen_columns`: what a person said of files with the same headings.

May import: `store/` and, like it, `settings` and `errors`.
Begin with: `installation`.
"""
