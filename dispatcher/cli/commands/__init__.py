"""A module for each group of `mms` that is not about campaigns.

- `up`, `roles`: what a host runs. `doctor`, `backup`, `recover`, `replicas`, `simulator`: looking after it.
- `token`: who may look and act; CarrierX's token.
- `message`, `callbacks`: one message, and where CarrierX calls back. `limits`, `schedules`: what holds, and what is to
  come.
- `optouts`, `inbound`, `person`: consent, and one person everywhere.

May import: `shell/`, `stack/`, `tasks/`, `pipeline/` and everything below.
Begin with: the module that is named after the command.
"""
