"""`mms demo`: the whole line once, on a stack of its own, against the simulator.

- `demo`: the stack, the campaigns, the end.

Its own are the campaigns, their progress, and the work beside the supervisor.

May import: `shell/`, `campaign/`, `stack/`, `pipeline/` and everything below.
Begin with: `demo`.
"""
