"""The record of a check: what every report is made of. Plain JSON, no document of a tenant, no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from xtcheck.model import Grade, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xtcheck.model import Answer, Check, Judgement, Ref, Request
    from xtcheck.world import World

Json = Any

CODE = "checks in code"
"""The area of what no policy states."""


def record(check: Check, judgement: Judgement, world: World, node_id: str, outcome: str, waived: bool) -> Json:  # noqa: FBT001
    """One check and what came of it. ``outcome`` is pytest's word, ``waived`` whether an exception excused it."""
    waiver = check.waiver
    return {
        "check": check.name,
        "id": node_id,
        "file": check.mark.file,
        "line": check.mark.line,
        "tenant": check.owner,
        "link": str(check.scope.link) if check.scope.link else None,
        "area": check.kind.area,
        "kind": check.kind.name,
        "key": check.setting.key,
        "object": [str(ref) for ref in check.refs.values()],
        "severity": str(check.severity),
        "controls": list(check.controls),
        "verdict": str(judgement.verdict),
        "grade": str(judgement.grade),
        "outcome": "waived" if waived else outcome,
        "expected": judgement.expected,
        "observed": judgement.observed,
        "reason": judgement.reason,
        "differences": list(judgement.differences),
        "people": {name: list(people) for name, people in judgement.people.items() if people},
        "remedy": judgement.remedy,
        "waiver": waiver and {"reason": waiver.reason, "owner": waiver.owner, "until": str(waiver.until)},
        "change": None,
        "evidence": evidence(judgement, world),
    }


def code_record(
    node_id: str,
    location: tuple[str, int | None, str],
    refs: Sequence[Ref],
    verdict: Verdict,
    outcome: str,
    reason: str,
    rests_on: list[Json],
) -> Json:
    """A check in code and what came of it, in the same form; what it expects only its code says."""
    file, line, _ = location
    return {
        "check": node_id,
        "id": node_id,
        "file": file,
        "line": (line or 0) + 1,
        "tenant": refs[0].place if refs else "-",
        "link": None,
        "area": CODE,
        "kind": refs[0].kind.name if refs else "-",
        "key": node_id.rpartition("::")[2],
        "object": [str(ref) for ref in refs],
        "severity": str(Severity.NORMAL),
        "controls": [],
        "verdict": str(verdict),
        "grade": str(Grade.EXACT),
        "outcome": outcome,
        "expected": "",
        "observed": "",
        "reason": reason,
        "differences": [],
        "people": {},
        "remedy": "",
        "waiver": None,
        "change": None,
        "evidence": rests_on,
    }


def requests_seen(refs: Sequence[Ref], world: World) -> list[Json]:
    """The requests behind some objects, each once."""
    return seen(dict.fromkeys(request for ref in refs for request in world.evidence(ref).requests), world)


def evidence(judgement: Judgement, world: World) -> list[Json]:
    """The requests that a judgement rests on, with their times and pages."""
    return seen(judgement.evidence, world)


def seen(requests: Iterable[Request], world: World) -> list[Json]:
    """Requests with their times and pages; the same object each time, for a hundred checks rest on one answer."""
    known = _SEEN.setdefault(world, {})
    found = []
    for request in requests:
        if request not in known:
            known[request] = _seen(request, world.answers[request])
        found.append(known[request])
    return found


_SEEN: WeakKeyDictionary[World, dict[Request, Json]] = WeakKeyDictionary()


def _seen(request: Request, answer: Answer) -> Json:
    return {
        "place": request.place,
        "request": str(request),
        "at": answer.at.isoformat(timespec="milliseconds"),
        "seconds": round(answer.seconds, 3),
        "pages": getattr(answer, "pages", 0),
        "complete": not hasattr(answer, "cause"),
    }
