"""One ASGI application: CarrierX's callbacks, our API and the console.

- `app`: put together. `server`: uvicorn with bounds of ours.
- `callbacks/`: the callback receiver, which works without Redis. `public/`: media, probes, metrics.
- `api/`, `console/`: a module for each resource or page. `actions/`: what both do alike.
- `http/`, `site/`: HTTP without a subject; what one process shares, and who may come in.

May import: `tasks/`, `pipeline/`, `ledger/` and everything below; never `cli/`.
Begin with: `app`, then `callbacks/receiver.py`.
"""
