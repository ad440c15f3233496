"""The verbs, a package for each capability. They are given a `Runtime`, know no Celery, and do no harm when called
twice.

- `tick`: once a second: what is due. `polls`: what CarrierX is asked, kind by kind.
- `health/`, `reconcile/`, `backup/`, `recovery/`, `upgrade/`: is all well; what callbacks left open; copies; after a
  restore; to the next schema.
- `receipts/`, `schedules/`, `consent/`, `preflight/`, `campaigns/`: callbacks, calendar, opt-outs, checks, the life of
  a campaign.
- `estimates/`, `expansion/`, `sending/`: when and how much; a file becomes batches; a batch is sent.
- `reports/`, `limits/`, `polling/`, `runtime/`: what became of all; an operator's limits; asking CarrierX in turn; what
  a verb is given.

May import: `ledger/`, `roster/`, `carrierx/`, `media/`, `rules/` and below; of each other as `.importlinter` orders
them.
Begin with: `sending/send.py` for the straight line, `tick` for what keeps it going.
"""
