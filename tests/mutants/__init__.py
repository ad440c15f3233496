"""Small faults made on purpose in the heart of the dispatcher: `make mutants`, `python -m tests.mutants`.

A **mutant** is the code with one small fault: `<` becomes `<=`, `and` becomes `or`, a call is gone, a number is
doubled, a branch is taken the other way, another value is returned. The tests that come by that place run against it;
if none fails the mutant **lives**: whoever makes this mistake tomorrow is not told. `faults_in_lua.py` and
`faults_in_python.py` say which faults are made, `heart.py` where. A run draws `--count` of all of them by `--seed`, so
that it ends within half an hour.

Which tests come by is measured: `reach.py` runs the quick tests once and notes the functions and scripts that each
enters; that is kept in `.mutants/` until code or test changes. Of these the ones named after the place come first,
then the quickest. A mutant runs in a copy of the tree (`copies.py`), never in the tree itself; one that hangs counts
as killed.

A mutant that no test could tell from the code is **equivalent**: `equivalents.toml` names each, with the reason, by its
function, the text of its line and the change, so that an entry outlives a move and dies with the line it speaks of.

Weighed: mutmut 3 rewrites functions of Python and forks inside one pytest process, where threads, Valkey's scripts and
processes do not follow; cosmic-ray runs a command per mutant, as here, but chooses no tests. Neither knows Lua, and
half of what decides whether something is sent twice is Lua.
"""
