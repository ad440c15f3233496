"""`mms campaign …`, a module for each verb or a few of a kind.

- `group`: all of them, registered.
- `check`, `check_output`, `submit`, `test_message`: before and at the sending.
- `show`, `watch`: what there is, and how it goes. `actions`: pause, resume, cancel, retry, resolve.
- `audit`: are the books right; erasing.

May import: `shell/`, `commands/`, `pipeline/` and everything below.
Begin with: `group`.
"""
