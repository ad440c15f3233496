"""Everything on one machine: what `mms up` starts, looks after and ends.

- `stack`: the store first, then all the rest. `services`: which there are, and their arguments; compose has the same.
- `supervisor`, `process_registry`: start, in a fork where that can be done, start again, end in order, leave nothing
  behind.
- `simulator_service`: a service that is not always there.
- `run_directory`, `addresses`, `environment`: who works with this data folder, where everything is, what a service is
  told.
- `healthcheck`: does that service work?

May import: `pipeline/`, `ledger/`, `simulator/`, `host/`, `queues`, `settings`, `errors`.
Begin with: `stack.run_stack`.
"""
