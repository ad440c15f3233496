"""Media: what foreign servers say of an address, and local files looked at by their content.

- `gate`: asks for a campaign's media addresses, each once, a few at a time.
- `resolver`: where a host really is, and whether one may go there; the connection goes to the address that was judged.
- `files`: local files as media, known by their hash.

May import: `model/`, `host/`, `errors`; no ledger, no CarrierX.
Begin with: `gate`.
"""
