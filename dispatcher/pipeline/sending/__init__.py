"""A batch is offered, leased, claimed, POSTed and recorded: the hot path. Redis decides, this only does.

- `send`: one batch, and others beside it while it waits. `feed`: due batches are offered, a share for every campaign.
- `alongside`: what is told of batches that were taken up beside the one that was hinted at.

From outside in: `_batch_pool` (several batches), `_batch_sender` (one), `_lease`, `_claims`, `_in_flight` (its POSTs),
`_post_results` (every ending, in one table), `_result_buffer` (not in the ledger yet), `_refused_members`,
`_batch_result`.

May import: `runtime/`, `ledger/`, `carrierx/`, `rules/`, `model/`.
Begin with: `send.send_batch`, then `_batch_sender`.
"""
