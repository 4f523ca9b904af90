"""From a check and the world to a verdict: pure, and never a pass on anything but evidence that was understood."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, assert_never

from xtcheck import paths
from xtcheck.errors import NotThere, Uninterpretable, Unsettled
from xtcheck.hiding import longest, uncut, written
from xtcheck.model import (
    Absent,
    Ambiguous,
    Attestation,
    Check,
    Earlier,
    Grade,
    Judgement,
    Present,
    Request,
    Seen,
    Setting,
    Unread,
    Verdict,
)
from xtcheck.resolution import LEARN
from xtcheck.world import World

Json = Any

NOT_SEEN = "not seen"
NEAR = "which differs only in dashes, quotes, case or blanks"
MISNAMED = "correct the name in the policy, or rename the object"


def judge(check: Check, world: World) -> Judgement:
    """The verdict on one check; what came from the environment is shown by its name."""
    if world.judged is None:
        return _judge(check, world)
    known = world.judged.get(id(check))
    if known is None:
        known = world.judged[id(check)] = (check, _judge(check, world))
    return known[1]


def _judge(check: Check, world: World) -> Judgement:
    judged = _verdict(check, world)
    if not check.hidden:
        return judged
    show = partial(_discreet, forms=_forms(check.hidden))
    expected, differences = show(judged.expected), tuple(map(show, judged.differences))
    if any(name not in expected for name in check.names):
        # It was written anew, as a policy document is: of such a value no part is told from the rest.
        expected = " ".join(check.names)
        differences = (f"it is not what {expected} says",) if differences else ()
    return replace(
        judged,
        expected=expected,
        observed=expected if judged.observed == judged.expected else show(judged.observed),
        reason=show(judged.reason),
        differences=differences,
        remedy=show(judged.remedy),
    )


def _forms(hidden: Mapping[str, str]) -> dict[str, str]:
    """The ways in which a message may quote a secret, the longest first, for one may contain another."""
    forms = {form: shown for secret, shown in hidden.items() for form in written(secret)}
    return {form: forms[form] for form in longest(forms)}


def _discreet(text: str, forms: Mapping[str, str]) -> str:
    """A text without secrets; what stands in the place of one is not looked at again."""
    return uncut(re.sub("|".join(map(re.escape, forms)), lambda found: forms[found[0]], text), forms)


def _verdict(check: Check, world: World) -> Judgement:
    expected = check.setting.type.show(check.expected)
    if check.moot:
        return Judgement(Verdict.NOT_APPLICABLE, check.setting.grade, expected, NOT_SEEN, check.moot)
    if not check.refs:
        return _attested(check, world, expected)
    found = _looked(check, world, expected)
    if isinstance(found, _Found):
        found = replace(found, before=_earlier(check, world.before))
    judged = found if isinstance(found, Judgement) else _judged(check, expected, found)
    if judged.verdict is Verdict.UNKNOWN and not judged.pending and check.context and isinstance(found, _Found):
        # Context may be of any shape: nothing hangs on it.
        bare = {**found.documents, **dict.fromkeys(check.context, None)}
        judged = _judged(check, expected, replace(found, documents=bare))
    if judged.verdict is Verdict.UNKNOWN and check.attestation and _word_may_stand_in(check, world):
        return _stood_in(check, check.attestation, world, judged)
    return judged


def _looked(check: Check, world: World, expected: str) -> _Found | Judgement:
    """All evidence of a check; or unknown, when any of it is."""
    found = {name: world.evidence(ref) for name, ref in check.refs.items()}
    requests = tuple(dict.fromkeys(request for evidence in found.values() for request in evidence.requests))
    documents: dict[str, Json] = {}
    missing: dict[str, Absent] = {}
    for name, evidence in found.items():
        match evidence:
            case Unread():
                needs = f" (reading it needs {evidence.permission})" if evidence.permission else ""
                return _unknown(expected, evidence.cause, evidence.remedy + needs, requests)
            case Ambiguous():
                return _unknown(expected, evidence.what, "make it one, or pin the one that is meant", requests)
            case Absent():
                documents[name] = None
                missing[name] = evidence
            case Present():
                documents[name] = evidence.document
            case _:
                assert_never(evidence)
    for name, ref in check.context.items():
        seen = world.evidence(ref)
        documents[name] = seen.document if isinstance(seen, Present) else None
    return _Found(documents, missing, requests, world.now)


def _word_may_stand_in(check: Check, world: World) -> bool:
    """Whether the evidence is only a proxy, so that not seeing it leaves room for a person's dated word."""
    if check.setting.grade is not Grade.INFERRED:
        return False
    found = (world.evidence(ref) for ref in check.refs.values())
    return not any(isinstance(evidence, Unread) and evidence.unasked for evidence in found)


@dataclass(frozen=True, slots=True)
class _Found:
    """Everything that was read for a check, completely."""

    documents: Mapping[str, Json]
    missing: Mapping[str, Absent]
    requests: tuple[Request, ...]
    now: datetime
    before: Earlier | None = None


def _earlier(check: Check, world: World | None) -> Earlier | None:
    """What a relation that takes time was in an earlier world; None where that was not seen, or not understood."""
    if world is None or check.setting.lag is None or check.setting.view is None:
        return None
    found = _looked(check, world, "")
    if isinstance(found, Judgement):
        return None
    try:
        raw = _observed(check, found)
        return None if isinstance(raw, _Lacking) else Earlier(found.now, check.setting.type.read(raw))
    except (Uninterpretable, LookupError, TypeError, AttributeError, ValueError, ArithmeticError):
        return None  # it only tells since when: where the same is the matter now, the verdict says so


def _judged(check: Check, expected: str, found: _Found) -> Judgement:
    type_ = check.setting.type
    people: Mapping[str, list[Json]] = {}
    grade = check.setting.grade
    try:
        raw = _observed(check, found)
        if isinstance(raw, _Lacking):
            return _drift(check, expected, raw.observed, raw.reason, (), found.requests)
        observed = type_.read(raw)
        if check.setting.people is not None:
            people = check.setting.people(observed)
        if check.setting.graded is not None:
            grade = check.setting.graded(observed)
        differences = type_.differences(check.expected, observed)
    except NotThere as error:
        return _drift(check, expected, "absent", str(error), (), found.requests)
    except Uninterpretable as error:
        what_to_do = error.remedy or _what_to_do(check)
        unknown = _unknown(expected, str(error), what_to_do, found.requests)
        return replace(unknown, since=error.since, people=people, pending=isinstance(error, Unsettled))
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        # A relation met a document of another shape than its service documents.
        cause = f"the evidence has another shape than documented{_where(error)}"
        return _unknown(expected, cause, LEARN, found.requests)
    shown = type_.show(observed)
    if differences is None:
        return Judgement(Verdict.COMPLIANT, grade, expected, shown, evidence=found.requests)
    drifted = _drift(check, expected, shown, _reason(found.missing), differences, found.requests)
    return replace(drifted, people=people, grade=grade)


def _where(error: Exception) -> str:
    """What is known of where a document has another shape."""
    if isinstance(error, KeyError):
        return f": {error.args[0]} is not shown"
    return f" ({type(error).__name__}: {str(error)[:120]})"


class _Lacking:
    """The evidence is complete and what was expected is not in it."""

    def __init__(self, observed: str, reason: str) -> None:
        self.observed, self.reason = observed, reason


def _observed(check: Check, found: _Found) -> Json:
    """The raw value that was observed, or what lacks.

    :raises NotThere: the evidence has nothing of what a relation is about.
    :raises Uninterpretable: it is there, but not understood.
    """
    setting, missing = check.setting, found.missing
    inherited = any(absent.inherited for name, absent in missing.items() if name not in setting.vacant)
    if setting.presence:
        if inherited and not setting.owned and check.expected == "absent":
            raise Uninterpretable(f"{_reason(missing)}; whether {check.kind.title} went with it is not known")
        return "absent" if missing else "present"
    if setting.view is not None:
        # An object that is gone because something above it is gone says nothing good about a relation.
        if missing and (setting.reads is None or inherited):
            return _Lacking("absent", _reason(missing))
        return setting.view(Seen(found.documents, check.scope, found.now, check.expected, check.settle, found.before))
    if missing:
        return _Lacking("absent", _reason(missing)) if setting.absent is ... else setting.absent
    return _at_path(check, next(iter(found.documents.values())))


def _at_path(check: Check, document: Json) -> Json:
    """The raw value at a row's path, or what lacks.

    :raises Uninterpretable: what is there is not understood.
    """
    setting = check.setting
    if setting.idle is not None and (why := setting.idle(document)):
        return _Lacking("without effect", why)
    at = value_at(setting, document, check.scope.slots)
    match at:
        case paths.Found(value):
            return value
        case paths.Gone(paths.Lack.NULL | paths.Lack.MISSING) if setting.lacking == "null":
            return None
        case paths.Gone(paths.Lack.NONE | paths.Lack.NULL | paths.Lack.MISSING) if setting.lacking == "drift":
            return _Lacking("absent", f"{at.at} {at.lack}")
        case paths.Gone():
            raise Uninterpretable(f"{at.at} {at.lack}")
        case _:
            assert_never(at)


def value_at(setting: Setting, document: Json, slots: Mapping[str, str]) -> paths.Found | paths.Gone:
    """What stands at a row's path in a document, or holds where the object around it is there and does not say."""
    steps = paths.parse(setting.path, slots)
    if setting.silent is not ...:
        around = paths.get(document, steps[:-1])
        name = setting.path.rpartition(".")[2]
        if isinstance(around, paths.Found) and isinstance(around.value, dict) and around.value.get(name) is None:
            return paths.Found(setting.silent)
    return paths.get(document, steps)


def _what_to_do(check: Check) -> str:
    """What helps when evidence was read and its meaning is not known."""
    if check.setting.attestable and check.setting.grade is Grade.INFERRED:
        return f"look yourself, and attest what you see (attested: {{by, on, until}}): {check.setting.remedy}"
    return LEARN


def _attested(check: Check, world: World, expected: str) -> Judgement:
    """A statement that no request of this run can show: a person's dated word, or nothing."""
    why = (check.closed and "its evidence is not read without an opt-in") or "no API shows it"
    if check.attestation is None:
        return _unknown(expected, why, check.closed or "let a person look and attest it", ())
    return _by_word(check, check.attestation, world, _unknown(expected, why, "", ()))


def _stood_in(check: Check, word: Attestation, world: World, judged: Judgement) -> Judgement:
    """A person's word where the proxies show nothing, unless they show a change that may be later: a word has a day
    and no hour.
    """
    if judged.since and word.on <= judged.since.date():
        cause = f"{judged.reason}; the attestation of {word.by} is of {word.on}, and not of a later day than that"
        again = f"look again, and attest what you see from {judged.since.date() + timedelta(days=1)} on"
        remedy = f"{again}: {check.setting.remedy}" if check.setting.remedy else again
        return replace(judged, reason=cause, remedy=remedy)
    return _by_word(check, word, world, judged)


def _by_word(check: Check, word: Attestation, world: World, unseen: Judgement) -> Judgement:
    """What a person's word makes of what was not seen."""
    why = unseen.reason
    if world.now.date() < word.on:
        cause = f"{why}, and the attestation of {word.by} begins only on {word.on}"
        return replace(unseen, reason=cause, remedy="wait for it")
    if world.now.date() > word.until:
        cause = f"{why}, and the attestation of {word.by} ended on {word.until}"
        return replace(unseen, reason=cause, remedy=check.setting.remedy or "look again and renew it")
    observed = f"{unseen.expected}, attested by {word.by} on {word.on}, until {word.until}"
    return Judgement(Verdict.COMPLIANT, Grade.ATTESTED, unseen.expected, observed, evidence=unseen.evidence)


def _reason(missing: Mapping[str, Absent]) -> str:
    if not missing:
        return ""
    first, *_ = missing.values()
    near = next((name for absent in missing.values() for name in absent.near), "")
    return first.what + (f"; {near!r} exists, {NEAR}" if near else "")


def _drift(
    check: Check, expected: str, observed: str, reason: str, differences: tuple[str, ...], requests: tuple[Request, ...]
) -> Judgement:
    remedy = MISNAMED if NEAR in reason else check.setting.remedy
    return Judgement(Verdict.DRIFT, check.setting.grade, expected, observed, reason, differences, remedy, requests)


def _unknown(expected: str, cause: str, remedy: str, requests: tuple[Request, ...]) -> Judgement:
    return Judgement(Verdict.UNKNOWN, Grade.EXACT, expected, NOT_SEEN, cause, (), remedy, requests)
