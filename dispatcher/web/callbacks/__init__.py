"""The webhook receiver: check, store durably, answer 200. It works without Redis, and stands before all the rest.

- `receiver`: the address and its answers. `challenge`: proves that the receiver is this ledger's.
- `key_look`: keys in the address that changed while this process runs.
- `durable_inbox`: where a callback is kept: `stream_writer` while Redis is there, else a spool on this disk.
- `receiver_status`: the receiver's status in Redis: may claims be granted yet? `ingest_hint`: callbacks wait.

May import: `site/`, `http/`, `pipeline/consent/`, `ledger/`, `carrierx/`, `host/`.
Begin with: `receiver`, then `durable_inbox`.
"""
