"""What holds for all tests: property tests try the same examples in every run, however slow the machine is, and garbage
is looked for more rarely than usual: SDKs and test cases are many objects that stay, and looking through them again and
again took a tenth of the time.

``make soak`` tries many more, and others each time (``--hypothesis-profile=soak``).
"""

from __future__ import annotations

import gc

from hypothesis import settings

settings.register_profile("xtcheck", derandomize=True, deadline=None, database=None, max_examples=40)
settings.register_profile("soak", derandomize=False, deadline=None, max_examples=500)
settings.load_profile("xtcheck")

gc.set_threshold(100_000, 20, 10)


def pytest_collection_finish() -> None:
    """What is there by now is there to the end."""
    gc.collect()
    gc.freeze()
