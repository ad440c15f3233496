"""Everything that can be said of a campaign before a single message leaves; needs nothing running.

- `check`: one pass over the file, as a submit would read it. `request`: what is asked of it.
- `result`: what came of it, for command, API and console.
- `check_apart`: the same of a large file in a process of its own (`_apart_process`), for who goes on answering others.
- `row_check`: one row, with another text in it. `recurrence`: what a calendar line comes to, and what it may not mean.

`_totals` counts what passes, `_warnings` is what a careful colleague would say, `_send_times` when messages may go.

May import: `campaigns/`, `estimates/`, `expansion/`, `roster/`, `rules/`, `host/`, `model/`.
Begin with: `check.check`.
"""
