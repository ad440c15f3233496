"""What became of everybody, told to those who look.

- `report`: one line for each row of the file, in its order. `recipients`: pages of a table, a search for a number.
- `recipient_story`: everything known of one row. `failure_reasons`: why rows were not sent, and the invalid ones.
- `recipients_by_number`: every row of every campaign about one number.
- `audit`: proves from the ledger alone that what is kept of a campaign is consistent, or says what is off.

May import: `runtime/`, `ledger/`, `roster/`, `model/`.
Begin with: `report`.
"""
