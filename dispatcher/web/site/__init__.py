"""What one web process shares, and who may come in.

- `site`: settings, ledger, hints, sessions: what every page and call is given.
- `access`, `sessions`, `throttle`: tokens, logins, guessing made slow.
- `callback_keys`, `ledger_arrival`: the receiver's key, and the ledger, that may come later than the process.
- `staged_uploads`, `staged_mends`: a file between its check and its start, and what a person mended of it.
- `sample_rows`: rows of it that are looked at while somebody writes.
- `departure`: how the process ends behind a balancer.

May import: of `pipeline/` hints and what rows share, `ledger/`, `roster/`, `host/`, `settings`; no other of the web.
Begin with: `site`, then `access`.
"""
