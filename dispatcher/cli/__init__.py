"""The command `mms`.

- `main`: its groups, and how errors reach a person.
- `campaign/`: all verbs on campaigns. `commands/`: every other group. `demo/`: the whole line once.
- `shell/`: what all of them share.

May import: `stack/`, `tasks/` for its hints, `pipeline/` and everything below; never `web/`.
Begin with: `main`, then the module that is named after the command.
"""
