"""Records on their way from a worker to the controller: as one text, and of what many share one copy.

execnet writes each value of a document by itself, in Python, at a third of what a check costs a worker (measured).
"""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

import pytest

Json = Any


class Leaving:
    """A worker's side."""

    @pytest.hookimpl(wrapper=True)
    def pytest_report_to_serializable(self) -> Generator[None, Json, Json]:
        """Make the record of a report one text."""
        document = yield
        if document and "xtcheck" in document:
            document["xtcheck"] = json.dumps(document["xtcheck"])
        return document


class Arriving:
    """The controller's side."""

    def __init__(self) -> None:
        self._known: dict[tuple[Json, ...], Json] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_report_from_serializable(self, data: Json) -> Generator[None, Json, Json]:
        """Make it a record again; a hundred checks rest on one answer, and keep one copy of what is told of it."""
        if isinstance(data.get("xtcheck"), str):
            found = json.loads(data["xtcheck"])
            found["evidence"] = [self._known.setdefault(tuple(each.values()), each) for each in found["evidence"]]
            data["xtcheck"] = found
        return (yield)
