"""How large what is measured is: the environment's XT_BENCH_SHARE takes a share of it, to see that it still runs."""

from __future__ import annotations

import os

SHARE = float(os.environ.get("XT_BENCH_SHARE", "1"))


def sized(full: int) -> int:
    """So many, or their share, and one at least."""
    return max(round(full * SHARE), 1)
