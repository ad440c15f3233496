"""Limits as the claim obeys them, put in force and read back; what obeys them is in `lua/lib/`.

- `limits`: rates, daily caps, holds, paces, senders out of use, and the thresholds of the brakes.

Which settings they come from, and who changed them, is `pipeline/limits/`'s.

May import: `store/`.
Begin with: `limits`.
"""
