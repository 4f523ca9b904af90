"""What a run could have checked: so that the reports of shards can be told to be whole, and of the same policies."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from xtcheck.model import Check

Json = Any


def names_digest(names: Iterable[str]) -> str:
    """The digest of a set of checks' names."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()


def policies_digest(files: Iterable[Path], estate: Json) -> str:
    """The digest of what is declared: of config.yml who and where, of each file every byte.

    A secret that ``${env.…}`` puts into a policy is not part of it.
    """
    digest = hashlib.sha256(json.dumps(estate, sort_keys=True).encode())
    for content in sorted(hashlib.sha256(file.read_bytes()).digest() for file in files):
        digest.update(content)
    return digest.hexdigest()


def selection(checks: Iterable[Check], digest: str) -> Json:
    """Of all checks that the policies state, selected or not: how many for each subject, and which."""
    stated = list(checks)
    subjects = Counter(check.scope.subject for check in stated)
    return {
        "declared": len(stated),
        "subjects": dict(sorted(subjects.items())),
        "names": names_digest(check.name for check in stated),
        "policies": digest,
    }
