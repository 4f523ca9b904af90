"""One call of an operation: who calls, where, with what; and the page of a list it asks for."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from xtcheck.sandbox.aws.failure import ServiceError
from xtcheck.sandbox.damage import AGAIN
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
    now: datetime
    """The virtual moment."""
    wrong_token: str = "ValidationException"
    """What the service says of a token that it did not give out for this query."""
    page_size: int = 100
    page_sizes: Mapping[str, int] = field(default_factory=dict)
    """Page sizes of single lists, by the member of the reply that holds them (Users)."""

    polls: int = 1
    """How often the status of what a call begins is looked at before that is done."""

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
        """The reply that holds the asked page of ``items`` under ``key``, with a token unless it is the last.

        The token is opaque and belongs to this very query: with other parameters it is refused, as by the services.
        REST services spell NextToken and MaxResults with a small letter, as they do ``key``.
        """
        token, limit = ("nextToken", "maxResults") if key[0].islower() else ("NextToken", "MaxResults")
        digest = self._digest(token, limit)
        size = min(self.parameters.get(limit, most), most, self.page_sizes.get(key, self.page_size))
        start = self._start(self.parameters[token], digest) if token in self.parameters else 0
        reply: dict[str, Json] = {key: list(items[start : start + size])}
        if start + size < len(items):
            reply[token] = base64.urlsafe_b64encode(json.dumps([digest, start + size]).encode()).decode()
        return reply

    def _start(self, token: str, expected: str) -> int:
        if token.startswith(AGAIN):
            return 0
        try:
            digest, start = json.loads(base64.urlsafe_b64decode(token))
        except ValueError:
            digest, start = "", 0
        if digest != expected:
            raise ServiceError(self.wrong_token, "The NextToken is invalid.")
        return int(start)

    def _digest(self, *paging: str) -> str:
        query = {k: v for k, v in self.parameters.items() if k not in paging}
        text = json.dumps([self.operation, self.alias, query], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
