"""`/api/v1` for programs, a module for each resource. Every error is a problem (RFC 9457) with a stable code.

- `campaigns`, `campaign_actions`, `recipients`: made, read, steered; another attempt; who gets one.
- `schedules`, `inbound`, `optouts`, `limits`, `health`: the other resources.
- `openapi`: examples and descriptions of its page.

May import: `actions/`, `http/`, `site/`, and of `pipeline/` and `ledger/` what it answers with; never `console/`.
Begin with: `campaigns`.
"""
