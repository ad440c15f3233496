"""The provider adapter: the only package that speaks HTTP with CarrierX and knows its JSON.

- `client`: send, look up, list. `multiplexer`: many POSTs under way on one thread. `transport`: was a byte of it
  written?
- `schema`, `pagination`: its JSON and its lists, read leniently and written exactly.
- `webhook`, `damaged_callbacks`: a callback, and what can still be read of a broken one.
- `detail_records`, `vendor_errors`: why a message failed. `account`, `callback_probe`: our numbers, and where callbacks
  go.

What an ending of a request means stands in one table, `_error_mapping`; docs/carrierx.md shows it.

May import: `model/`, `host/`, `errors`; no ledger.
Begin with: `client`, then `_error_mapping`.
"""
