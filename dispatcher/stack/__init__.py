"""What a host runs: what `mms up`, `mms work`, `mms web` and `mms control` start, look after and end.

- `roles`: which part of the services each of them has. `stack`: the store first, if it is ours, then all the rest.
- `services`: which there are, and their arguments; compose has the same.
- `supervisor`, `process_registry`: start, in a fork where that can be done, start again, end in order, leave nothing
  behind.
- `simulator_service`: a service that is not always there.
- `run_directory`, `addresses`, `environment`: who works with this data folder, where everything is, what a service is
  told.
- `healthcheck`: does that service work?

May import: `pipeline/`, `ledger/`, `simulator/`, `host/`, `queues`, `settings`, `errors`.
Begin with: `stack.run_stack`.
"""
