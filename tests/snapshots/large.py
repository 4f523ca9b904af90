"""Saves and opens a world with many users in a process of its own, and prints what that took: ``large.py N FOLDER``."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from xtcheck.model import Answered, Request
from xtcheck.snapshot import Origin, open_world, save
from xtcheck.snapshot.redaction import redaction
from xtcheck.world import World

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
USERS = Request("shared", "graph", "/users?$select=id,userPrincipalName,accountEnabled&$top=999", many=True)
ORIGIN = Origin("0.1.0", NOW, None, {"tenants": {}, "links": [], "aws": {}}, [])


def megabytes() -> int:
    """The most that this process has held so far."""
    most = getrusage(RUSAGE_SELF).ru_maxrss
    return most // (1 << 20 if sys.platform == "darwin" else 1 << 10)


def world(count: int) -> World:
    fields = ("id", "userPrincipalName", "accountEnabled")
    users = [
        dict(
            zip(
                fields,
                (f"{n:08x}-7c5f-4b6e-9a51-a1c0de000001", f"person{n}@anyorganizationone.com", n % 9 != 0),
                strict=True,
            )
        )
        for n in range(count)
    ]
    return World({USERS: Answered(users, count // 999 + 1, NOW, 1.5)}, NOW)


def main(count: int, folder: Path, *, step: str) -> None:
    """One of the steps, each of which is measured alone."""
    if step == "open":
        began = time.monotonic()
        opened = open_world(folder).answers[USERS]
        assert isinstance(opened, Answered)
        assert len(opened.document) == count
        took(began, count)
        return
    made = world(count)
    held, began = megabytes(), time.monotonic()
    if step == "save":
        save(folder, made, ORIGIN)
    else:
        names = redaction(made, ORIGIN, {})
        save(folder, made, names.origin(ORIGIN), keep=names)
    took(began, count, held=held, size=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))


def took(began: float, count: int, **more: int) -> None:
    seconds = round(time.monotonic() - began, 2)
    sys.stdout.write(json.dumps({"users": count, "seconds": seconds, "most": megabytes(), **more}) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), step=sys.argv[3])
