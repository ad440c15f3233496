"""Bulk and group MMS over CarrierX: Redis holds the truth, Celery carries hints. Only `tasks/` beside it knows Celery.

- `errors`, `queues`, `control_characters`, `logs`, `sources`, `settings`: what every floor speaks of. `model/`: nouns.
  `host/`: this machine. `numbering/`: area codes and countries.
- `roster/`, `rules/`, `carrierx/`, `media/`, `simulator/`: one thing outside each; none knows another.
- `ledger/`: Redis, and nothing goes around it. `pipeline/`: the verbs, a package for each capability.
- `stack/`: everything on one machine. `web/`: console, API, callback receiver. `cli/`: the command.

May import: each package says what, and `.importlinter` keeps it to that.
Begin with: docs/architecture.md, then `errors`, then `pipeline/`.
"""

from dispatcher.host.zone_data import use_locked_data

# Here, because every process of ours imports this first: console, workers, beat, Flower, command and simulator.
use_locked_data()
