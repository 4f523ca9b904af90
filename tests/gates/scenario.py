"""The declared scenario, offline: the statements of policies/, what they read, and who depends on what."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from tests.gates.invented import invented
from xtcheck import config as config_documents
from xtcheck import policy
from xtcheck.config import Config
from xtcheck.judge import judge
from xtcheck.model import Check, Evidence, Judgement, Present, Ref, Request, Verdict
from xtcheck.tables import Joined, Table
from xtcheck.world import World

Json = Any

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "sandbox.yml"

Verdicts = dict[str, Verdict]


@cache
def config() -> Config:
    return config_documents.load(CONFIG)


@cache
def checks() -> tuple[Check, ...]:
    """Every check of policies/, and one for each row that they do not state."""
    declared = config()
    files = [file for path in declared.policies for file in policy.files(path)]
    policies = policy.load([(file, file.name) for file in files], declared.estate)
    assert not policies.mistakes
    stated = tuple(check for several in policies.checks.values() for check in several)
    return (*stated, *invented(stated, declared))


def evidenced() -> tuple[Check, ...]:
    """Every check but those that rest on a person's word alone."""
    return tuple(check for check in checks() if check.refs)


def refs() -> list[Ref]:
    return [ref for check in checks() for ref in check.refs.values()]


def wanted() -> list[Ref]:
    """What a run asks for: the evidence, and what only makes a text clearer."""
    return [ref for check in checks() for ref in check.wanted]


def lineage(ref: Ref) -> Iterator[Ref]:
    """The object and everything that leads to it."""
    here: Ref | None = ref
    while here is not None:
        yield here
        here = here.parent


@cache
def sources() -> tuple[Ref, ...]:
    """Every object that is read by requests of its own, each once."""
    found = (above for ref in refs() for above in lineage(ref) if above.kind.source is not None)
    return tuple(dict.fromkeys(found))


def read_by(ref: Ref) -> Ref:
    """The object itself, or the collection that it is picked from: what has requests of its own."""
    return next(above for above in lineage(ref) if above.kind.source is not None)


def own_requests(world: World, ref: Ref) -> tuple[Request, ...]:
    """The requests that read this very object, without those that lead to it."""
    parent = ref.parent and read_by(ref.parent)
    before = world.evidence(parent).requests if parent else ()
    return tuple(request for request in world.evidence(ref).requests if request not in before)


def judgements(world: World) -> dict[str, Judgement]:
    return {check.name: judged(check, world) for check in checks()}


_KNOWN: dict[str, deque[tuple[tuple[Evidence | None, ...], Judgement]]] = {}


def judged(check: Check, world: World) -> Judgement:
    """The verdict, which is a function of the evidence: the gates judge nearly the same world some thousand times."""
    seen = tuple(_seen(ref, world) for ref in check.wanted)
    known = _KNOWN.setdefault(check.name, deque(maxlen=4))
    for others, judgement in known:
        if others == seen:
            return judgement
    found = judge(check, world)
    known.appendleft((seen, found))
    return found


def _seen(ref: Ref, world: World) -> Evidence | None:
    """What the world has of an object, a table by its rows; None where nobody asked for it."""
    try:
        evidence = world.evidence(ref)
    except LookupError:
        return None
    if isinstance(evidence, Present) and isinstance(evidence.document, Table | Joined):
        return replace(evidence, document=_rows(evidence.document))
    return evidence


@lru_cache(maxsize=1000)
def _rows(table: Table | Joined) -> list[Json]:
    """A table's rows, to compare with others'; each table is in a folder of its own."""
    return list(table.documents())


def verdicts(world: World) -> Verdicts:
    return {name: judgement.verdict for name, judgement in judgements(world).items()}


def dependents(good: World, requests: Iterable[Request]) -> set[str]:
    """The names of the checks whose evidence in the good world contains one of the requests."""
    hit = set(requests)
    return {name for name, asked in _asked(good).items() if not asked.isdisjoint(hit)}


@cache
def _asked(good: World) -> dict[str, frozenset[Request]]:
    """The requests that each check's evidence rests on; the good world is looked at by every gate."""
    return {name: frozenset(judgement.evidence) for name, judgement in judgements(good).items()}


def lookers(good: World, requests: Iterable[Request]) -> set[str]:
    """The names of the checks that look at what one of the requests reads, whatever properties each selects of it."""
    resources = {_resource(request) for request in requests}
    return dependents(good, (request for request in good.answers if _resource(request) in resources))


def _resource(request: Request) -> tuple[object, ...]:
    """What a request reads, apart from the properties that it selects of it."""
    path, _, query = request.operation.partition("?")
    options = tuple(option for option in query.split("&") if option and not option.startswith("$select="))
    return request.place, request.service, path, options, request.parameters


def moved(good: Verdicts, now: Verdicts) -> dict[str, str]:
    """What changed its verdict, and how."""
    return {name: f"{good[name]} -> {now[name]}" for name in good if good[name] != now[name]}


def title(ref: Ref) -> str:
    """An object as a test's id: the key as a service knows it would be long."""
    return f"{ref.place}-{ref.kind.name}" + (f"-{ref.label or ref.key}" if ref.key else "")
