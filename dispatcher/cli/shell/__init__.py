"""What all commands share: how they are asked, what they work on, how they speak.

- `deferred`: commands that are imported when they run; `group_help`: what is said of them before.
- `options`: the options of a campaign; `chosen`: what they and its settings file come to. `piped_files`: campaign files
  that can be read only once. `mended_files`: what a person mended of one, beside it.
- `context`: the ledger as a command opens it. `provider`, `media_files`: CarrierX, and local media, as it reaches them.
- `output`, `tables`, `error_messages`: data to standard output, words to standard error, no traceback.
- `wait`: waiting for a campaign, and why it takes as long as it does.

May import: `stack/`, `tasks/`, `pipeline/` and everything below; no other package of the command.
Begin with: `context`, then `output`.
"""
