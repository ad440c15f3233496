"""What keeps this installation from working, looked at one by one, and how to mend each.

- `doctor`: all findings, in order. `finding`: one of them.
- `queue_status`: how each queue stands, as its workers say. `clock`: this machine's beside Redis's.
  `token_findings`: do all show CarrierX one token.
- `shared_settings`: what has to be set alike on all hosts.

A subject that needs more than a few lines has a module: `_store_findings`, `_schema_findings`, `_receiver_findings`,
`_egress_findings`, `_callback_reachability`, `_time_zone_age`, `_area_code_age`.

May import: `recovery/`, `upgrade/`, `runtime/`, `ledger/`, `carrierx/`, `host/`, `numbering/`, `queues`, `settings`.
Begin with: `doctor.diagnose`.
"""
