"""`mms demo`: the whole line once, on a stack of its own, against the simulator.

- `demo`: the stack, the campaigns, the end. `campaigns`: submitted, followed, proved, reported.
- `progress`: bars on a terminal, a line now and then elsewhere. `background`: work beside the supervisor.

May import: `shell/`, `campaign/`, `stack/`, `pipeline/` and everything below.
Begin with: `demo`.
"""
