"""`mms campaign …`, a module for each verb or a few of a kind.

- `group`: all of them, registered.
- `check`: what a submit would do; the demo asks it too.

The verbs themselves are the package's own.

May import: `shell/`, `commands/`, `pipeline/` and everything below.
Begin with: `group`.
"""
