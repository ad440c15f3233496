"""Bulk and group MMS over CarrierX: Redis holds the truth, Celery carries hints."""

from dispatcher.host.zone_data import use_locked_data

# Here, because every process of ours imports this first: console, workers, beat, Flower, command and simulator.
use_locked_data()
