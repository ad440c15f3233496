"""When a campaign will be done, what it will cost, how fast it goes and what holds it.

- `forecast`: before it is sent. `estimate`: while it runs, from the limits in force, and which limit binds.
- `remaining`: what is left, judged by a few batches. `pace`: how fast it goes, sampled by the tick.
- `opening_hours`: whether it waits for allowed hours, and until when.

`_projection` is the reckoning, `_fair_share` the speeds it is given, `_standstill` why nothing is sent at all.

May import: `ledger/`, `rules/`, `settings`, `model/`; of the pipeline `limits/`, `reports/`, `polling/`, `runtime/`.
Begin with: `estimate`.
"""
