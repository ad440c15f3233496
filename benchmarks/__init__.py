"""Benchmarks: each prints a ratio to a named baseline that was measured in the same run. `make bench` runs them."""
