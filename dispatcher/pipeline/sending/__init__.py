"""A batch is offered, leased, claimed, POSTed and recorded: the hot path. Redis decides, this only does.

- `send`: one batch, and others beside it while it waits. `feed`: due batches are offered, a share for every campaign.
- `alongside`: what is told of batches that were taken up beside the one that was hinted at.

From outside in: `_send_loop` (all batches of a process), `_handover` (taken, renewed, given back) and `_exchange`
(recorded, claimed), each on a `_store_thread`; `_in_flight` (POSTs), `_room` (how many); `_batch_sender` (one batch),
`_claims`, `_post_results` (every ending, in one table), `_result_buffer` (not in the ledger yet), `_refused_members`,
`_batch_result`, `_alongside_log`.

May import: `runtime/`, `ledger/`, `carrierx/`, `rules/`, `model/`.
Begin with: `send.send_batch`, then `_send_loop`.
"""
