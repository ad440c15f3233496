"""Recurring broadcasts, and campaigns that are still to start.

- `recurring`: made, changed, ended. `occurrences`: a campaign for each, a while before its time.
- `upcoming`: what is still to come, as people look at it.

May import: `preflight/`, `campaigns/`, `runtime/`, `ledger/`, `roster/`, `rules/`.
Begin with: `occurrences.occur`, which the tick calls.
"""
