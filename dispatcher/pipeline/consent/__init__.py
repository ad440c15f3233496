"""What people want: out, in again, an answer, to be forgotten.

- `inbound`: what a message to us means, recognised at the receiver. `auto_replies`: what follows from it, proved
  before it is sent.
- `optouts`, `optout_csv`: numbers out and in by hand or as a list; lists of other systems read and written.
- `retention`: nothing personal is kept longer than needed; a person is forgotten. `erasure_register`: who was, so that
  no copy brings them back.

May import: `campaigns/`, `polling/`, `runtime/`, `ledger/`, `carrierx/`, `roster/`, `rules/`.
Begin with: `inbound`, then `rules/keywords.py`.
"""
