"""`/api/v1` for programs, a module for each resource. Every error is a problem (RFC 9457) with a stable code.

- `routers`: the register of resources, which the application reads.

May import: `actions/`, `http/`, `site/`, and of `pipeline/` and `ledger/` what it answers with; never `console/`.
Begin with: `routers`, then the module of the resource that it is about.
"""
