"""The kit that tries to break the dispatcher's promises: `python -m tests.chaos --runs 50 --seed 1`, `make chaos`.

A **run** is one seed: a campaign, a bad mood of the simulated CarrierX, and a handful of deeds (processes killed or
stopped, queues deleted, hints repeated, a pause, a cancel). `plan.py` makes it from the seed alone; `deeds.py` does it
to real processes, started as `mms up` starts them.

A **round** is a stack that lives for several runs. The next run begins as soon as the deeds of the one before are done,
while its stragglers are still being sent: what one run breaks, the next has to live with, which is harder than a
fresh stack for each. When the runs of a round are over the weather turns good, everything gets time to end, and
only then is anything judged.

The **history** is what nobody can argue with: the messages that the simulator took, with times; our own deeds, with
times; and every change of every row and campaign, in the order in which they became true, read from the ledger's
append-only file (`append_only.py`). `checker.py` looks at a history and nothing else.

What the checker asserts:

- **I1** CarrierX takes no row's message twice, and none that was not claimed on disk before. Rows whose request was
  written late because the process stood still (SIGSTOP) between its last look and the write are counted apart.
- **I2** No row is lost: the rows are those of the file, what was taken is known as taken, CarrierX's word is the row's
  state, and what is not sent says why.
- **I3** Nothing is claimed while the campaign is paused, cancelled or over, neither by the ledger's own order nor after
  the moment when the command returned; nothing for a number whose STOP is in the ledger, by the ledger's own order;
  nothing after the campaign has expired; and nothing by a sender whose clock is wrong.
- **I4** The times of all claims, over all processes, keep every limit: rate and burst.
- **I5** Counts add up: rows, batches, campaign; `mms campaign audit` finds nothing.
- **I6** A batch has one sender at a time: it is taken when the lease before is over, and claimed under a living lease.
- **I7** The words of a row only go forward within an attempt.
- **I8** A web process takes callbacks whether Valkey is there at its start or not.
- **I9** A callback that a receiver answered 200 is in the stream, once, in its order, also when that one died for good.
- **I10** When everything works again, hints are taken out of every queue: no worker lives and does nothing.
- **I11** What may have been sent is looked for within seconds, whatever waits for its delivery.

Before the rounds the **store** is tried by itself (`store.py`), once for ten runs: the end of its file is cut off after
a power cut, and a primary loses its replicas, one of which takes over, with a sender on either side. So is a
**backlog** (`starving.py`): 20,000 rows without callbacks beside ten unconfirmed ones.

Times are short in the kit (`short_times.py`): a lease of 2 s, a grace of 3 s.
"""
