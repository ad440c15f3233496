"""The life of a campaign beside its sending: settings, submit, drafts and starts, another attempt.

- `settings_file`, `send_constraints`: options and TOML merged; what of them the claim reads.
- `submit`: the file stored, the campaign made. `lifecycle`: opened again, started later, thrown away.
- `media_check`: media asked for once before the start. `retry`: a new attempt, and a person's word on the unconfirmed.
- `one_off`: one message without a file, as a campaign of its own. `column_memory`: what the next file may be read by.

May import: `limits/`, `reports/`, `runtime/`, `ledger/`, `roster/`, `rules/`, `model/`.
Begin with: `submit.submit`.
"""
