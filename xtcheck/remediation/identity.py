"""Which object a run has written to: by the ids that calls name it by, whatever has its name by now; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from xtcheck.kinds import BY_NAME, KINDS
from xtcheck.kinds.writes import sends
from xtcheck.model import Absent, Get, Kind, Present, Ref
from xtcheck.remediation.filling import words_of
from xtcheck.shapes import Merge, Upsert
from xtcheck.world import World

Json = Any

_WORD = re.compile(r"\{([a-z][\w-]*)\.(\w+)\}")


def _words() -> frozenset[str]:
    """The fields by which calls name objects, as ``kind.field``."""
    texts = [text for kind in KINDS for send in sends(kind.write) for text in (send.operation, *send.fixed.values())]
    found = [match for text in texts if isinstance(text, str) for match in _WORD.findall(text)]
    return frozenset(f"{kind}.{field}" for kind, field in found if kind in BY_NAME)


WORDS = _words()


def ids_of(ref: Ref, world: World) -> dict[str, str]:
    """The ids of an object, and of all that leads to it, as far as they are there: by ``kind.field``."""
    return {word: value for word, value in words_of(ref, world).items() if word in WORDS}


def _by_id() -> Iterator[Kind]:
    """The kinds whose objects are found by name in a collection that is not read whole, as they are read by their ids.

    Graph: what an address changes, it shows as well.
    """
    for kind in KINDS:
        update = kind.write.update if isinstance(kind.write, Merge | Upsert) else None
        id_ = f"{{{kind.name}.id}}"
        if kind.source is not None and kind.pick and update and update.operation.endswith(id_):
            url = f"{update.operation.removesuffix(id_)}{{key}}?$select=id"
            source = Get(url, absent=frozenset({"404"}))
            yield Kind(kind.name, f"{kind.title} by its id", kind.home, source, permission=kind.permission)


BY_ID = {kind.name: kind for kind in _by_id()}


def sought(ref: Ref, ids: Mapping[str, str]) -> Iterator[Ref]:
    """What is read to know whether the objects with these ids are still there, under whatever name."""
    for here in ref.lineage():
        if (id_ := ids.get(f"{here.kind.name}.id")) and here.kind.name in BY_ID:
            yield Ref(BY_ID[here.kind.name], here.place, id_)


@dataclass(frozen=True, slots=True)
class Missed:
    """An object that a run wrote to, or in, and that is not what is found under its name by now.

    ``other``: something else is. ``gone``: whether it is nowhere any more; None where that is not known.
    """

    ref: Ref
    id: str
    other: bool
    gone: bool | None

    def __str__(self) -> str:
        title = self.ref.kind.title
        found = f"another {title} has this name by now" if self.other else f"no {title} is found under this name"
        if self.gone:
            return f"{found}, and the one of before is gone"
        known = "" if self.gone is False else "; whether it is gone is not known"
        return f"{found}; the one of before is {self.id}{known}: look for it by hand"


def missed(lineage: Iterable[Ref], ids: Mapping[str, str], world: World) -> Missed | None:
    """The first of these objects, what leads to others before them, that is not the one with its id; None: all are."""
    for ref in reversed(list(lineage)):
        own = {field: ids[word] for word in sorted(ids) for kind, field in [word.split(".")] if kind == ref.kind.name}
        evidence = world.evidence(ref)
        if not own or not isinstance(evidence, Present | Absent):
            continue
        document = evidence.document if isinstance(evidence, Present) else None
        if document is None or not _has(document, own):
            return Missed(ref, next(iter(own.values())), document is not None, _is_gone(ref, own, world))
    return None


def _has(document: Json, own: Mapping[str, str]) -> bool:
    return all(str(document.get(field)).casefold() == id_.casefold() for field, id_ in own.items())


def _is_gone(ref: Ref, own: Mapping[str, str], world: World) -> bool | None:
    """Whether no object has these ids: by asking for one, or where all that there are were read."""
    asked = next(sought(ref, {f"{ref.kind.name}.{field}": id_ for field, id_ in own.items()}), None)
    if asked is not None:
        evidence = world.evidence(asked)
        return isinstance(evidence, Absent) if isinstance(evidence, Present | Absent) else None
    if ref.kind.source is None and ref.parent is not None:
        evidence = world.evidence(ref.parent)
        if isinstance(evidence, Present) and isinstance(evidence.document, list):
            return not any(_has(item, own) for item in evidence.document)
    return None
