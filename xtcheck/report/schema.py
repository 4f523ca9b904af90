"""The JSON Schema of the JSON report: one line for each field of what ``records`` and ``json_format`` write."""

from __future__ import annotations

from typing import Any

from xtcheck.model import Grade, Severity, Verdict

Json = Any

TEXT: Json = {"type": "string"}
COUNT: Json = {"type": "integer", "minimum": 0}
SECONDS: Json = {"type": "number", "minimum": 0}
MOMENT: Json = {"type": "string", "format": "date-time"}
DAY: Json = {"type": "string", "format": "date"}
OUTCOMES = ("passed", "failed", "error", "skipped", "waived", "remediated")
"""pytest's words, ``waived`` for a drift that an exception excuses, ``remediated`` for one that this run put right."""


def _object(**fields: Json) -> Json:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def _told(schema: Json, description: str) -> Json:
    return {**schema, "description": description}


DONE = (
    "applied", "failed", "stale", "dropped", "refused", "cut short", "held back", "planned", "waiting", "by hand",
)  # fmt: skip
"""What came of a change; ``refused`` is the guard's word, ``held back`` waits for an option, ``waiting`` for others."""
PLACE = _object(path=TEXT, before=TEXT, after=TEXT)
CHANGE = _object(
    name=_told(TEXT, "what is done to which object"),
    tenant=_told(TEXT, "a tenant's alias, or aws- and an AWS entry's"),
    request=_told(TEXT, "the operation"),
    safety={"enum": ["safe", "unsafe"]},
    outcome={"enum": list(DONE)},
    said=_told(TEXT, "what the service said, or why nothing was sent"),
    at=_told(_or_null(MOMENT), "when it was sent last; null where nothing was"),
    requests=_told(_list(TEXT), "the client-request-id of each attempt, as the tenant's audit log has it"),
    mends=_told(_list(TEXT), "the checks that ask for it"),
    places=_told(_list(PLACE), "what stood there, and what was to"),
)
REMEDIATION = _object(
    mode={"enum": ["plan", "apply"]},
    allowed=_told({"enum": ["safe", "unsafe"]}, "the least safe change that was allowed"),
    journal=_told(_or_null(TEXT), "null where nothing was sent"),
    who=_told(
        {
            "type": "object",
            "additionalProperties": _object(
                **{
                    "as": _told(TEXT, "the application's client id, or the ARN of the AWS caller"),
                    "in": _told(TEXT, "the id of the tenant, or the AWS account"),
                }
            ),
        },
        "who signed in to write, by tenant or AWS entry",
    ),
    refused=_told(_list(TEXT), "why nothing was sent at all; of a plan that is only shown: why nothing would be"),
    changes=_list(CHANGE),
    steps=_told(_list(_object(check=TEXT, why=TEXT, step=TEXT)), "what a person must do"),
    console=_told(
        _list(_object(place=TEXT, enter=_list(TEXT), waiting=_list(TEXT))),
        "the steps in a console that are open, in their order, and the checks that wait for each",
    ),
)
RUN = _object(
    tool={"const": "xtcheck"},
    version=TEXT,
    python=TEXT,
    began=MOMENT,
    ended=MOMENT,
    config=_told(TEXT, "config.yml as the command line named it"),
    world=_told(_or_null(TEXT), "the sandbox's world; null when live tenants were read"),
    saved=_told(
        _or_null(_object(path=TEXT, read=MOMENT, version=TEXT, redacted={"type": "boolean"})),
        "the saved world that was judged; null when this run has read",
    ),
    selection=_told(
        _object(
            declared=COUNT,
            subjects={"type": "object", "additionalProperties": COUNT},
            names=_told(TEXT, "SHA-256 over the names of all these checks"),
            policies=_told(TEXT, "SHA-256 over the policies, and who and where of config.yml"),
        ),
        "all checks that the policies state, selected or not; checks in code are not among them",
    ),
    shards=_told({"type": "integer", "minimum": 1}, "how many runs this report joins (python -m xtcheck merge)"),
    remediation=_told(_or_null(REMEDIATION), "null where nothing was to be put right"),
    exit=_told(COUNT, "pytest's exit code"),
)
NEED = _object(
    permission=TEXT,
    checks=_told(COUNT, "how many checks need it"),
    areas=_told({"type": "object", "additionalProperties": COUNT}, "how many of them in each area"),
)
PREFLIGHT = _object(
    **{
        "place": _told(TEXT, "a tenant's alias, or aws- and an AWS entry's"),
        "cloud": TEXT,
        "signed-in": _told(_or_null({"type": "boolean"}), "null where nothing had to be read with a credential"),
        "as": _told(TEXT, "the application's client id, or the ARN of the AWS caller"),
        "cause": _told(TEXT, "why nobody got in"),
        "remedy": TEXT,
        "granted": _told(_or_null(_list(TEXT)), "the permissions in the token; null where it does not tell"),
        "missing": _told(_list(NEED), "what the token lacks"),
        "denied": _told(_list(NEED), "what the service refused while it was read"),
        "excessive": _told(
            _list(_object(permission=TEXT, writes={"type": "boolean"}, instead=TEXT, mends={"type": "boolean"})),
            "what the token has and no policy needs to be read; instead is the lesser one that would do, "
            "mends whether putting right what the policies state needs it",
        ),
        "consent": _told(TEXT, "where an administrator consents to the application's permissions"),
        "licence": _told(_or_null({"enum": ["none", "P1", "P2"]}), "null where no check has it read"),
    }
)
COST = _object(
    tenant=_told(TEXT, "a tenant's alias, or aws- and an AWS entry's"),
    requests=_told(COUNT, "reads that were sent, singly or in batches; pages and repetitions count"),
    batches=_told(COUNT, "batches in which some of them went"),
    retries=_told(COUNT, "how many of them were repetitions"),
    throttled=_told(COUNT, "how often the service refused for haste"),
    bytes=_told(COUNT, "bytes of bodies received"),
    seconds=_told(SECONDS, "from the first request to the last answer"),
    expected=_told(
        {"type": "object", "additionalProperties": {"type": "string", "pattern": "^[0-9]+[+]?$"}},
        "requests by service, as they were foreseen; 16+ is at least sixteen",
    ),
    preflight=PREFLIGHT,
)
REQUEST = _object(
    place=_told(TEXT, "a tenant's alias, or aws- and an AWS entry's"),
    request=TEXT,
    at=_told(MOMENT, "when it began"),
    seconds=SECONDS,
    pages=COUNT,
    complete=_told({"type": "boolean"}, "whether the answer is whole; if not, the verdict is unknown"),
)
PERSON = _object(
    id=_told(TEXT, "the object's id"),
    name=_told(TEXT, "its display name, or the next best"),
    why=_told(TEXT, "how that comes; empty for those after the first hundred"),
)
CHECK = _object(
    check=_told(TEXT, "the check's name, whichever file states it"),
    id=_told(TEXT, "pytest's node id"),
    file=TEXT,
    line={"type": "integer", "minimum": 1},
    tenant=_told(TEXT, "whose administrators answer for it"),
    link=_or_null(TEXT),
    area=TEXT,
    kind=TEXT,
    key=TEXT,
    object=_told(_list(TEXT), "the objects that were looked at"),
    severity={"enum": [str(severity) for severity in Severity]},
    controls=_told(_list(TEXT), "framework@version:id"),
    verdict={"enum": [str(verdict) for verdict in Verdict]},
    grade={"enum": [str(grade) for grade in Grade]},
    outcome={"enum": list(OUTCOMES)},
    expected=TEXT,
    observed=TEXT,
    reason=TEXT,
    differences=_list(TEXT),
    people=_told(
        {"type": "object", "additionalProperties": _list(PERSON)},
        "everybody of whom differences and reason name the first: missing, extra, pending, inconclusive",
    ),
    remedy=TEXT,
    waiver=_or_null(_object(reason=TEXT, owner=TEXT, until=DAY)),
    change=_told(_or_null(_object(name=TEXT, outcome={"enum": list(DONE)}, said=TEXT)), "what this run did about it"),
    evidence=_list(REQUEST),
)


def schema() -> Json:
    """The schema of the whole report."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "xtcheck report",
        **_object(schema={"const": 1}, run=RUN, tenants=_list(COST), checks=_list(CHECK)),
    }
