"""What a verb is given, and nothing else is global.

- `runtime`: ledger, provider client, secrets, settings, clocks: one `Runtime` for each process.
- `credentials`: the CarrierX token in use, looked at again while the process runs.
- `counters`: what a process counts for `/metrics`.

May import: `ledger/`, `carrierx/`, `rules/`, `host/`, `settings`; no other package of the pipeline.
Begin with: `runtime`.
"""
