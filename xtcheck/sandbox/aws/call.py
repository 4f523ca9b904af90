"""One call of an operation: who calls, where, with what; and the page of a list it asks for."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xtcheck.sandbox.aws.failure import ServiceError
from xtcheck.sandbox.wire import Json


@dataclass(frozen=True, slots=True)
class Call:
    """A validated, authenticated and authorized call."""

    operation: str
    parameters: Json
    alias: str
    aws: Json
    """``tree["aws"][alias]``"""
    caller: Json
    access_key: str
    region: str
    page_size: int = 100
    page_sizes: Mapping[str, int] = field(default_factory=dict)
    """Page sizes of single lists, by the member of the reply that holds them (Users)."""

    @property
    def from_management(self) -> bool:
        """Whether the caller's account is the management account of the organization."""
        return bool(self.caller["account"] == self.aws["organization"]["MasterAccountId"])

    @property
    def from_administrator(self) -> bool:
        """Whether the caller administers the organization instance: management account or delegated administrator."""
        return self.from_management or any(
            self.caller["account"] == each["Id"] for each in self.aws.get("delegatedAdministrators", [])
        )

    def page(self, items: Sequence[Json], key: str, most: int = 100) -> dict[str, Json]:
        """The reply that holds the asked page of ``items`` under ``key``, with a NextToken unless it is the last.

        The token is opaque and belongs to this very query: with other parameters it is refused, as by the services.
        """
        size = min(self.parameters.get("MaxResults", most), most, self.page_sizes.get(key, self.page_size))
        start = self._start()
        reply: dict[str, Json] = {key: list(items[start : start + size])}
        if start + size < len(items):
            token = json.dumps([self._digest(), start + size]).encode()
            reply["NextToken"] = base64.urlsafe_b64encode(token).decode()
        return reply

    def _start(self) -> int:
        if "NextToken" not in self.parameters:
            return 0
        try:
            digest, start = json.loads(base64.urlsafe_b64decode(self.parameters["NextToken"]))
        except ValueError:
            digest, start = "", 0
        if digest != self._digest():
            code = "InvalidInputException" if self.operation.endswith("Organization") else "ValidationException"
            raise ServiceError(code, "The NextToken is invalid.")
        return int(start)

    def _digest(self) -> str:
        query = {k: v for k, v in self.parameters.items() if k not in ("NextToken", "MaxResults")}
        text = json.dumps([self.operation, self.alias, query], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
