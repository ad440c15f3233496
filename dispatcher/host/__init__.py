"""This machine: what differs from one computer or network to the next, asked in one place.

- `ports`: free TCP ports, and the one of last time.
- `private_files`: files that only their owner may read, never half written.
- `egress`: a company's proxy and certificates on the way out.
- `identity`: which machine and data folder this is.
- `keepalive`: after how long a host that is cut off is noticed.
- `side_process`: a process of our own for one piece of work: bounded, behind others, gone with who asked.
- `service_manager`: systemd, told how far we are.
- `under_way`: what a process that is to stop still waits for, told to its supervisor.
- `zone_data`: time zones from the locked data, whatever the machine has; which names are a place's clock.

May import: `settings`, `model/` and below.
Begin with: whichever of the nine is asked for; they do not know each other.
"""
