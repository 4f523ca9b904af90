"""The worlds that the sandbox can be started with."""

from __future__ import annotations

from xtcheck.sandbox.state import State

NAMES = ("blog", "drifted", "empty")


def build(name: str) -> State:
    """A fresh world; raises ValueError for a name that is none."""
    from xtcheck.sandbox.worlds import blog, drifted  # builds keys and certificates

    state = State()
    match name:
        case "blog":
            blog.build(state)
        case "drifted":
            blog.build(state)
            drifted.drift(state)
        case "empty":
            blog.bare(state)
        case _:
            raise ValueError(f"there is no world {name!r}; there are: {', '.join(NAMES)}")
    return state
