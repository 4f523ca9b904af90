"""The worlds ``crowd-<n>``: the scenario, with n further users in the shared tenant, for tests of scale."""

from __future__ import annotations

from xtcheck.sandbox.state import State
from xtcheck.sandbox.worlds import blog

MOST = 1_000_000


def build(state: State, size: int) -> None:
    """As ``blog``. Nobody of the crowd is assigned to anything, and no rule of the scenario selects any of them.

    :raises ValueError: a crowd of nobody, or of too many.
    """
    if not 1 <= size <= MOST:
        raise ValueError(f"a crowd has between 1 and {MOST} users")
    blog.build(state)
    state.tree["tenants"]["shared"]["crowd"] = size
