"""A check in a process of its own, so that who asks for it (the web process) goes on answering others meanwhile.

- `checker`: checks a large file there and a small one here, with the same answer and the same errors.
- `__main__`: that process. `_wire`: what the two say to each other.

It has no secrets and no connections: it asks for media, and is told who opted out, by the one who asked for the check.

May import: `preflight/` and below.
Begin with: `checker.check_aside`.
"""
