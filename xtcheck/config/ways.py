"""The two ways into one place: the one that reads, and the one that writes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from xtcheck.connection import AwsCredential, Connection, EntraCredential


@dataclass(frozen=True, slots=True)
class Ways:
    """``writing`` differs from ``connection`` only in its credential: nothing that reads may hold one that writes."""

    connection: Connection
    writing: Connection


def ways(connection: Connection, credential: EntraCredential | AwsCredential | None) -> Ways:
    """The ways with a ``write-credential``; without one, what reads also writes."""
    return Ways(connection, replace(connection, credential=credential) if credential else connection)
