"""What holds for all tests: property tests try the same examples in every run, however slow the machine is.

``make soak`` tries many more, and others each time (``--hypothesis-profile=soak``).
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("xtcheck", derandomize=True, deadline=None, database=None, max_examples=40)
settings.register_profile("soak", derandomize=False, deadline=None, max_examples=500)
settings.load_profile("xtcheck")
