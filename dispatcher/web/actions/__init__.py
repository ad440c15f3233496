"""What API and console do alike, written once, each deed noted in the audit log.

- `submissions`: a campaign checked, made, tried, started. `lifecycle`: pause, resume, cancel, rate, retry, resolve.
- `sample_rows`: one row of a file that is being prepared. `mending`: cells mended in an upload, each checked at once.
- `consent`: opt-outs, messages that a person decides on. `schedules`: what is still to come.
- `media`: pictures that come with a form.
- `health`: findings, and where CarrierX calls back.

May import: `site/`, `http/`, `tasks/` for its hints, `pipeline/` and everything below.
Begin with: `submissions`.
"""
