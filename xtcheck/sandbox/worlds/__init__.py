"""The worlds that the sandbox can be started with."""

from __future__ import annotations

import re

from xtcheck.sandbox.state import State

NAMES = ("blog", "drifted", "empty", "blog-literal", "decommissioned", "mesh", "one-to-many")
SIZED = re.compile(r"(fleet|crowd)-(\d{1,7})")
"""Worlds of any size: ``fleet-100`` has a hundred sources, ``crowd-2000`` two thousand users besides."""


def build(name: str) -> State:
    """A fresh world; raises ValueError for a name that is none."""
    from xtcheck.sandbox.worlds import blog, crowd, drifted, fleet, topologies, variants  # build keys and certificates

    state = State()
    match name:
        case "blog":
            blog.build(state)
        case "drifted":
            blog.build(state)
            drifted.drift(state)
        case "empty":
            blog.build_empty(state)
        case "blog-literal":
            blog.build(state)
            variants.widen(state)
        case "decommissioned":
            blog.build(state)
            variants.decommission(state)
        case "mesh":
            topologies.build_mesh(state)
        case "one-to-many":
            topologies.build_one_to_many(state)
        case _:
            sized = SIZED.fullmatch(name)
            if sized is None:
                known = ", ".join((*NAMES, "fleet-<number>", "crowd-<number>"))
                raise ValueError(f"there is no world {name!r}; there are: {known}")
            (fleet if sized[1] == "fleet" else crowd).build(state, int(sized[2]))
    # How a world came to be is long ago.
    for tenant in state.tree["tenants"].values():
        tenant["directoryAudits"].clear()
    return state
