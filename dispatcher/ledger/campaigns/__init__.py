"""Campaigns and recurring broadcasts: made, read, steered, with their files, media and pace.

- `campaigns`: a campaign from its draft to its end. `schedules`: a recurring broadcast.
- `uploads`: the stored file until it is read; `file_readings`: who reads it into batches.
- `media`: stored media, and what was found about addresses.
- `progress`: pace over time, and CarrierX's words by sender and carrier.

May import: `batches/`, `limits/`, `installation/`, `store/`, `model/`.
Begin with: `campaigns`, beside `lua/campaigns/`.
"""
