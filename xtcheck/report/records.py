"""The record of a check: what every report is made of. Plain JSON, no document of a tenant, no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xtcheck.model import Check, Judgement
    from xtcheck.world import World

Json = Any


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
        "remedy": judgement.remedy,
        "waiver": waiver and {"reason": waiver.reason, "owner": waiver.owner, "until": str(waiver.until)},
        "change": None,
        "evidence": evidence(judgement, world),
    }


def evidence(judgement: Judgement, world: World) -> list[Json]:
    """The requests that a judgement rests on, with their times and pages."""
    seen = []
    for request in judgement.evidence:
        answer = world.answers[request]
        seen.append(
            {
                "place": request.place,
                "request": str(request),
                "at": answer.at.isoformat(timespec="milliseconds"),
                "seconds": round(answer.seconds, 3),
                "pages": getattr(answer, "pages", 0),
                "complete": not hasattr(answer, "cause"),
            }
        )
    return seen
