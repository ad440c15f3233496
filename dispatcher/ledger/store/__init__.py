"""Redis itself: where it is, which keys there are, how scripts run on it, and whether it keeps what it confirms.

- `keys`: every key on one page: type, content, life. `address`, `connection`, `redis_errors`: where it is, reaching it,
  what errors mean. `sentinel_address`, `sentinels`, `sentinel_pool`: who says where. `question`: without the client.
- `scripts`, `script_text`: a script by its name; what Redis gets of it. `schema`: which programs it runs for.
- `durability`, `replicas`, `in_step`, `readiness`, `permissions`, `cluster`: may a claim be granted here, and why not.
- `drain_gate`: no claim before the callback receivers have drained. `ledger_id`, `last_contact`: whose, when last seen.
- `embedded`, `append_only_files`: the Valkey that comes along, its files. `snapshot`, `key_copy`: copies of a server.

Before every answer to a claim stand `_claim_guard` and `_claim_memory`.

May import: `model/`, `host/`, `settings`, `queues`, `errors`; no other package of the ledger.
Begin with: `keys`, then `scripts`.
"""
