"""A CarrierX of our own over HTTP, for tests, the demo and trying out: its contract, and faults on demand.

- `launch`: in the foreground, in a thread, or in a process of its own. `client`: a handle on one, wherever it runs.
- `faults`: how it misbehaves, changed while it runs; `seeded_random`: the same decisions in every run.
- `engine`, `http_server`: its parts put together, and the server in front of them.
- `create_message`, `validation`, `message_lifecycle`, `callback_sender`: a POST, what is refused of it, what becomes of
  it, who is told.
- `list_endpoints`, `queries`, `account`, `store`: what can be asked, and what it has. `control_api`: its own API beside
  CarrierX's.

May import: nothing of the dispatcher, so that a mistake of ours is not made twice.
Begin with: `launch`, then `create_message`.
"""
