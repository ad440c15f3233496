"""Asking CarrierX beside the sending: one rate for all processes, in turn, a batch at a time.

- `turns`: whose turn it is; pages of messages, each under the rate.
- `batch_list`: one list shows what CarrierX has of a whole batch; every item is compared here.
- `message_list`: the same of one message.

May import: `runtime/`, `carrierx/`, `model/`, `rules/`.
Begin with: `turns.wait_for_turn`.
"""
