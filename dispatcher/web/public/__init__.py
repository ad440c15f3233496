"""Open addresses, for whoever finds them: nothing here tells a number, a name or a text.

- `media_files`: local media, as CarrierX fetches them. `metrics`: for Prometheus.
- `probes`: does the process live, can the receiver take callbacks, can the console work?

May import: `site/`, `http/`, `callbacks/`, `pipeline/`, `ledger/`.
Begin with: `probes`.
"""
