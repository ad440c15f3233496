"""Copies of the ledger, and the way back."""
