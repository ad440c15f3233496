"""Bulk and group MMS over CarrierX: Redis holds the truth, Celery carries hints."""
