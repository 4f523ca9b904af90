"""A plan in a file: kept for somebody to look at, and then made exactly as it was, or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xtcheck import __version__
from xtcheck.errors import XtcheckError
from xtcheck.model import Safety
from xtcheck.remediation.changes import FORMAT, Plan, change_json
from xtcheck.remediation.journal import discreet

Json = Any


def save(path: Path, plan: Plan, allowed: Safety, hidden: Mapping[str, str]) -> None:
    """Write the plan down; it names people and tenants, so only this user may read it.

    :raises XtcheckError: it cannot be written.
    """
    document = {
        "format": FORMAT,
        "version": __version__,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "allowed": str(allowed),
        "changes": _changes(plan, hidden),
        "held": [discreet(change_json(change), hidden) for change in plan.held],
        "by-hand": [{"check": each.check, "why": each.why, "step": each.step} for each in plan.by_hand],
    }
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(document, stream, indent=1, ensure_ascii=False)
            stream.write("\n")
    except OSError as error:
        raise XtcheckError(f"cannot write the plan {path}: {error.strerror}") from error


def load(path: Path) -> Json:
    """A kept plan.

    :raises XtcheckError: it is none, or of another version.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise XtcheckError(f"the plan {path} has format {document['format']}; this version reads {FORMAT}")
        Safety(document["allowed"])
        _ = [change["name"] for change in document["changes"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise XtcheckError(f"cannot read the plan {path}: {error}") from error
    return document


def moved(kept: Json, plan: Plan, hidden: Mapping[str, str]) -> list[str]:
    """What differs between a kept plan and the one that would be made now, by the names of changes."""
    then = {change["name"]: change for change in kept["changes"]}
    now = {change["name"]: change for change in _changes(plan, hidden)}
    found = [f"{name} is no longer to be made" for name in then if name not in now]
    found += [f"{name} is to be made besides" for name in now if name not in then]
    found += [f"{name} is not what it was" for name in then if name in now and then[name] != now[name]]
    order = [name for name in then if name in now], [name for name in now if name in then]
    if order[0] != order[1]:
        found.append("the order of the changes is another")
    return found


def _changes(plan: Plan, hidden: Mapping[str, str]) -> list[Json]:
    return [json.loads(json.dumps(discreet(change_json(change), hidden))) for change in plan.changes]
