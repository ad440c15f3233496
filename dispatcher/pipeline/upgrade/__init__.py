"""The ledger is brought to the schema of this program, step by step, beside whatever is being sent.

- `steps`: every step, in order: what it does, and which programs may go on beside it.
- `upgrade`: the next bites of the next step, at each tick; what a step waits for. `standing`: how far it is, in words.

A step that is left half done by a killed worker goes on where it was; one that older processes would not understand
waits until they are gone.

May import: `runtime/` and `ledger/`.
Begin with: `upgrade.go_on`.
"""
