"""Who wants no messages, what people sent us, and forgetting them.

- `optouts`: the suppression list, which every claim reads. `inbound`: the newest inbound messages, and those that wait.
- `erasure`: a person out of a batch, or what is personal out of an ended campaign; counts stay.

May import: `batches/`, `installation/`, `limits/`, `store/`, `model/`.
Begin with: `optouts`, beside `lua/lib/consent.lua`.
"""
