"""The world ``drifted``: what has gone wrong in ``blog``, one operation each."""

from __future__ import annotations

from xtcheck.sandbox import drift as drifting
from xtcheck.sandbox.state import State


def drift(state: State) -> None:
    """Break the world ``blog``."""
    drifting.apply(state, [])
