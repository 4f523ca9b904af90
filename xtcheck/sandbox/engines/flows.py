"""What an object mapping of a job's schema does in the target.

https://learn.microsoft.com/graph/api/resources/synchronization-objectmapping: Add creates new objects, Update modifies
existing ones, Delete deprovisions existing users; the default is all three.
"""

from __future__ import annotations

from xtcheck.sandbox.wire import Json

ADD, UPDATE, DELETE = "Add", "Update", "Delete"


def flows(mapping: Json) -> frozenset[str]:
    """The actions of a mapping. That who is in the bin is restored by Update is our reading: nothing tells it."""
    text = mapping.get("flowTypes")
    return frozenset({ADD, UPDATE, DELETE} if text is None else (word.strip() for word in text.split(",")))
