"""Statements for rows that policies/ does not state: what the good world shows, so that a new row is held at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from xtcheck import paths
from xtcheck.clients import Clients
from xtcheck.config import Config, overlay
from xtcheck.judge import judge
from xtcheck.kinds import rows
from xtcheck.model import Check, Grade, Kind, Present, Seen, Setting, Verdict
from xtcheck.reader import read
from xtcheck.sandbox import Sandbox
from xtcheck.world import World

Json = Any


def invented(stated: Iterable[Check], config: Config) -> tuple[Check, ...]:
    """A check for every row without one. The world is read only when there is such a row."""
    stated = tuple(stated)
    known = {(check.kind.name, check.setting.key) for check in stated}
    missing = [row for row in rows() if (row[0].name, row[1].key) not in known and row[1].grade is not Grade.ATTESTED]
    if not missing:
        return ()
    open_ = [_like(stated, kind, setting) for kind, setting in missing]
    good = asyncio.run(_read(open_, config))
    return tuple(as_seen(check, good) for check in open_)


def _like(stated: tuple[Check, ...], kind: Kind, setting: Setting) -> Check:
    """A check of another row of the same kind, turned into one of this row; its expectation is not known yet."""
    known = next((check for check in stated if check.kind is kind and _filled(setting.key, check)), None)
    assert known, f"state {kind.name} {setting.key} in policies/: nothing there says which object it is about"
    refs = dict(setting.reads(known.scope)) if setting.reads else {kind.name: kind.ref(known.scope)}
    statement = known.statement.removesuffix(known.setting.key) + setting.key
    return replace(known, setting=setting, statement=statement, refs=refs, expected=None, attestation=None, waiver=None)


def _filled(key: str, check: Check) -> bool:
    return "<" not in key or key.strip("<>") in check.scope.slots


async def _read(checks: list[Check], config: Config) -> World:
    with Sandbox("blog") as sandbox:
        async with Clients(overlay(config, sandbox.connection).connections) as clients:
            return await read([ref for check in checks for ref in check.refs.values()], clients.answer)


def as_seen(check: Check, good: World) -> Check:
    """The check with the expectation that the good world meets."""
    seen = check.setting.type.read(_raw(check, good))
    for expected in _expectations(seen):
        try:
            made = replace(check, expected=expected)
            if judge(made, good).verdict is Verdict.COMPLIANT:
                return made
        except (KeyError, TypeError, AttributeError, ValueError, StopIteration):
            continue  # another type's form
    raise AssertionError(f"state {check.statement} in policies/: what is expected cannot be told from {seen!r}")


def _raw(check: Check, good: World) -> Json:
    setting = check.setting
    found = {name: good.evidence(ref) for name, ref in check.refs.items()}
    documents = {name: evidence.document if isinstance(evidence, Present) else None for name, evidence in found.items()}
    if setting.presence:
        return "absent" if None in documents.values() else "present"
    if setting.view:
        return setting.view(Seen(documents, check.scope, good.now))
    [document] = documents.values()
    if document is None:
        return setting.absent
    at = paths.get(document, paths.parse(setting.path, check.scope.slots))
    return at.value if isinstance(at, paths.Found) else None


def _expectations(seen: Json) -> Iterator[Json]:
    """The forms that types give an expectation: the value itself, no exceptions, exactly these names."""
    yield {"except": []}
    yield seen
    yield [seen]
    if isinstance(seen, list):
        yield _exactly(seen)
        yield {"except": _exactly(seen)["names"]}
        if all(isinstance(item, dict) and "grants" in item for item in seen):
            yield {item["name"]: _exactly(item["grants"]) for item in seen}
    if isinstance(seen, dict) and "among" in seen:
        yield seen["among"][0]
    if isinstance(seen, dict):
        yield {part: _exactly(items) if isinstance(items, list) else items for part, items in seen.items()}


def _exactly(items: list[Json]) -> Json:
    return {"names": [item["name"] if isinstance(item, dict) else item for item in items], "exactly": True}
