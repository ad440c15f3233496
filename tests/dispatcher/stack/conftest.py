"""The commands' fixtures: what starts everything is tried through them."""

from __future__ import annotations

from tests.dispatcher.cli.conftest import mms, runtime

__all__ = ["mms", "runtime"]
