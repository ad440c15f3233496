"""An operator's view of the limits: where they come from, how they are changed, what a claim was charged.

- `defaults`: the limits, prices and brakes of the settings, put in force. `changes`: another one while campaigns run.
- `view`: one line a scope, as people and programs read it.
- `charges`: what claims took of caps and ceilings, worked out again for what did not go.

May import: `runtime/`, `ledger/`, `roster/`, `rules/`, `host/`, `model/`.
Begin with: `changes`.
"""
