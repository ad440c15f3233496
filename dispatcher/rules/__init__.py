"""Rules of time, rate, wording and choice: pure, their tables in `data/`, the moment always an argument.

- `quiet_hours`, `quiet_hours_table`: when somebody may be written to, by place.
- `send_window`, `times`, `recurrence`: when one message may leave, moments as people write them, recurring times.
- `rates`, `cap_days`: rates as the limiter counts them, and days as a cap does.
- `retry_policy`: every wait and every number of tries, with its unit.
- `keywords`: what an answer means: stop, start, help, or a question for a person.
- `sender_pool`: from which number a recipient hears.

May import: `model/`, `host/`, `numbering/`, `settings`, `errors`. Reads no file but its own tables.
Begin with: `retry_policy` for "how long", `quiet_hours` for "when", `keywords` for "what did they mean".
"""
