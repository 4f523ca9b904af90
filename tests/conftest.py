"""What holds for all tests: property tests try the same examples in every run, however slow the machine is."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("xtcheck", derandomize=True, deadline=None, database=None)
settings.load_profile("xtcheck")
