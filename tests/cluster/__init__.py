"""The kit that tries to break promises over several hosts: `python -m tests.cluster --runs 20`, or `make cluster`.

**Hosts** are network namespaces on one bridge (`network.py`), inside namespaces of the kit's own (`inside.py`):
three with a Valkey and a Sentinel each, one with RabbitMQ, two that send (`mms work`), one with `mms control`, two
with `mms web` behind one address (`balancer.py`), and the simulated CarrierX. Processes are those of the packages,
settings those of docs/high-availability.md; root is needed. Nothing is left behind, whatever ends the kit.

A **run** is one seed: a campaign, a mood of CarrierX, one fault of the hosts (`plan.FAULTS`: twenty seeds see every
kind), and now and then another on top. A **round** is a set of hosts that lives for several runs, with RabbitMQ or
hints through Sentinels, and sometimes with a host whose clock is a minute off. Nothing is judged before good
weather has let everything end.

The **history** is what the simulator took, and what became true in the ledger: read from the append-only files of
all three servers, put together to the one line that the last primary's data comes from (`lineage.py`). What was
confirmed and is not in that line was lost. `tests/chaos/checker.py` judges it: its promises I1 to I7 hold here as
they do on one machine. To them come:

- **C1** Sending is back 15 s after the cause of a failover began (clean, crash, frozen, cut off, both sides alive),
  or after one replica was lost. The kit allows 5 s more: two cores do the work of eleven hosts. What it was is printed.
- **C2** While no replica can confirm anything, nothing is sent but what was claimed before.

Times are short in the kit where they do not decide that (`changes.py`): a lease of 5 s, 12 s until "not there" may
count.
"""
