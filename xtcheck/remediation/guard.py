"""What must not be done, whoever asks for it: reasons to refuse a whole plan before its first write; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from xtcheck.answers import Entrance
from xtcheck.config import Remediation
from xtcheck.judge import judge
from xtcheck.kinds import BY_NAME
from xtcheck.model import Absent, Check, Evidence, Grade, Present, Ref, Verdict
from xtcheck.remediation.changes import Change, Later, Plan, Verb, target, targets
from xtcheck.remediation.filling import document_of, words_of
from xtcheck.remediation.places import also_called
from xtcheck.remediation.steps import some
from xtcheck.report.words import counted
from xtcheck.shapes import Members
from xtcheck.world import World

Json = Any

ASSIGNMENTS, OWNER = "account-assignments", "instance.OwnerAccountId"
HELD, SETS = "provisioned-sets", "permission sets"
"""The kind that tells which permission sets an account holds, and the area of all that makes up one."""
INTO_ACCOUNTS = frozenset({ASSIGNMENTS, "entitlements"})
DELEGATES = "delegated-administrators"
EMERGENCY = re.compile(r"break.?glass|emergency.?access", re.IGNORECASE)
"""Names of what must work when nothing else does: learn.microsoft.com/entra/identity/role-based-access-control/
security-emergency-access."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is written: which change (empty: the plan as a whole), why, and what would allow it."""

    change: str
    why: str
    allow: str

    def __str__(self) -> str:
        return f"{self.change + ': ' if self.change else ''}{self.why}; {self.allow}"


@dataclass(frozen=True, slots=True)
class Known:
    """What the guard looks at besides the plan.

    ``entrances`` are how signing in with the credentials that write ended, at each place of the plan (None: nobody has,
    for nothing is to be written), ``readers`` how it did with those that read; ``made`` what this run has changed
    before; ``managed`` what :func:`looks` asks for.
    """

    checks: Iterable[Check]
    world: World
    entrances: Mapping[str, Entrance] | None
    readers: Iterable[Entrance] = ()
    made: Sequence[Change] = ()
    managed: Mapping[Ref, Evidence] = field(default_factory=dict)


def looks(plan: Plan, world: World) -> dict[str, Ref]:
    """What must be read before :func:`refusals`, by place: which permission sets the management account holds."""
    found: dict[str, Ref] = {}
    for ref in (*(change.ref for change in plan.changes), *(what.ref for what in _later(plan))):
        owner = words_of(ref, world).get(OWNER)
        instance = next((above for above in ref.lineage() if above.kind.name == "instance"), None)
        if owner and instance and _of_a_set_that_is_there(ref, world):
            found[ref.place] = Ref(BY_NAME[HELD], ref.place, owner, instance)
    return found


def _later(plan: Plan) -> dict[Later, list[str]]:
    """What later rounds would do, and for which checks; nothing comes later of a plan that does nothing."""
    found: dict[Later, list[str]] = {}
    for each in plan.by_hand if plan.changes else ():
        for what in each.later:
            found.setdefault(what, []).append(each.check)
    return found


def refusals(plan: Plan, limits: Remediation, known: Known) -> tuple[Refusal, ...]:
    """Everything that stands against a plan; nothing may be written unless it is empty."""
    checks = {check.name: check for check in known.checks}
    return (
        *_many(plan, limits, known.made),
        *(refusal for change in plan.changes for refusal in _one(change, limits, known)),
        *(refusal for change in plan.changes for refusal in _founded(change, checks, known.world)),
        *(refusal for what, names in _later(plan).items() for refusal in _coming(what, names, limits, known)),
    )


def _coming(what: Later, names: Sequence[str], limits: Remediation, known: Known) -> Iterator[Refusal]:
    """What would be refused only when much has been written: it is refused before anything is."""
    for refusal in _touched(what.name, what.ref, "", limits, known):
        yield replace(refusal, change=f"{what.name} (in a later round, for {some(names)})")


def _many(plan: Plan, limits: Remediation, made: Sequence[Change]) -> Iterator[Refusal]:
    """Too much in one run."""
    changes = (*made, *plan.changes)
    if len(changes) > limits.most_changes:
        which = some(change.name for change in (*plan.changes, *made))
        why = f"{counted(len(changes), 'change')} in one run ({which}), and config.yml allows {limits.most_changes}"
        yield Refusal("", why, "choose less (-k, --xt-tenant), or raise remediation.most-changes")
    # What the run has made itself is nobody's yet: it may become another as a whole.
    new = {change.ref for change in changes if change.verb is Verb.CREATE} | plan.own
    others = [change for change in (*plan.changes, *made) if not new & set(change.ref.lineage())]
    gone = Counter(ref.place for ref in {change.ref for change in made if change.verb is Verb.DELETE})
    touched: dict[str, list[str]] = {}
    for ref in dict.fromkeys(change.ref for change in others):
        touched.setdefault(ref.place, []).append(target(ref))
    for place, objects in touched.items():
        yield from _share(objects, plan.objects.get(place, 0) + gone[place], "object", place, limits)
    before = Counter(name for name, _ in _taken_out(made))
    out: dict[str, list[str]] = {}
    for name, item in _taken_out(others):
        out.setdefault(name, []).append(item)
    for name, items in out.items():
        yield from _share(items, plan.objects.get(name, 0) + before[name], "item", name, limits)


def _taken_out(changes: Iterable[Change]) -> Iterator[tuple[str, str]]:
    """List and item, for each that policies take out; undoing only takes out what a run has put in."""
    for change in changes:
        if isinstance(change.ref.kind.write, Members) and change.mends and change.places[0].after is None:
            yield target(change.ref), change.item


def _share(touched: Sequence[str], there: int, what: str, of: str, limits: Remediation) -> Iterator[Refusal]:
    if there >= limits.share_from and len(touched) * 100 > there * limits.most_share:
        which = f"{len(touched)} of {counted(there, what)} of {of} ({some(touched)})"
        why = f"{which}, and config.yml allows {limits.most_share}%"
        yield Refusal("", why, "choose less (-k, --xt-tenant), or raise remediation.most-share")


def _one(change: Change, limits: Remediation, known: Known) -> Iterator[Refusal]:
    name, place = change.name, change.write.place
    entrance = (known.entrances or {}).get(place)
    if known.entrances is not None and (entrance is None or entrance.refused):
        cause = entrance.refused if entrance else "nobody has signed in"
        yield Refusal(name, cause, (entrance.remedy if entrance else "") or f"correct the write-credential of {place}")
    also = tuple(text for place in change.places for text in also_called(place.path))
    yield from _touched(name, change.ref, change.item, limits, known, also)
    if change.spoils:
        allow = "let the policies agree: what is sent as one whole cannot be both"
        yield Refusal(name, f"it would spoil {', '.join(change.spoils)}", allow)
    if change.waived:
        allow = "remove the waiver from the policy, or let it end"
        yield Refusal(name, f"it would change what is waived: {', '.join(change.waived)}", allow)


def _touched(
    name: str, object_: Ref, item: str, limits: Remediation, known: Known, also: Iterable[str] = ()
) -> Iterator[Refusal]:
    """What stands against changing an object at all, or an item of it, by all its names; ``also`` are the item's."""
    for pattern in limits.protected:
        if any(_is_meant(pattern, each) for each in _called(object_, item)):
            yield Refusal(name, f"config.yml protects {pattern}", "change it by hand, or take it out of protected")
    if any(map(EMERGENCY.search, (item, *also, *(text for ref in object_.lineage() for text in (ref.key, ref.label))))):
        yield Refusal(name, "by its name it is for emergencies", "change it by hand: it must work when all else fails")
    if why := _managed(object_, known):
        yield Refusal(name, why, "change it by hand")
    if _is_ours(object_, item, known):
        yield Refusal(name, "it is what xtcheck itself signs in by", "change it by hand")


def _called(object_: Ref, item: str) -> Iterator[str]:
    """Every name of an object, also with the item, and of what it stands in."""
    for ref in object_.lineage():
        yield from targets(ref)
    yield from (f"{each} {item}" for each in targets(object_) if item)


def _is_meant(pattern: str, name: str) -> bool:
    """Whether a pattern means an object: ``*`` is anything, all else itself, in whichever case."""
    parts = ".*".join(map(re.escape, pattern.split("*")))
    return re.fullmatch(parts, name, re.IGNORECASE | re.DOTALL) is not None


def _of_a_set_that_is_there(object_: Ref, world: World) -> bool:
    return object_.kind.area == SETS and any(_arn(ref, world) for ref in object_.lineage())


def _arn(ref: Ref, world: World) -> str:
    document = document_of(ref, world)
    return str(document.get("PermissionSetArn", "")) if isinstance(document, dict) else ""


def _managed(object_: Ref, known: Known) -> str:
    """Why an object is one of the management account's; empty when it is none."""
    world = known.world
    if object_.kind.name in INTO_ACCOUNTS:
        owner = words_of(object_, world).get(OWNER)
        if owner is None:
            return "it is not known which account is the management account"
        if object_.key == owner:
            return "it is the management account, from which all others are administered"
    if not _of_a_set_that_is_there(object_, world):
        return ""
    held = next((found for ref, found in known.managed.items() if ref.place == object_.place), None)
    match held:
        case Present(document):
            arns = {_arn(ref, world) for ref in object_.lineage()}
            return "the management account holds it, from which all others are administered" * bool(arns & {*document})
        case Absent():
            return ""
        case _:
            return "whether the management account holds it could not be read"


def _is_ours(object_: Ref, item: str, known: Known) -> bool:
    """Whether the object is what signs us in, to read or to write, or stands in it: our application, permission set.

    An application may be the same in several tenants. A role that a permission set makes is called
    ``AWSReservedSSO_<name>_<hash>`` (IAM Identity Center User Guide).
    """
    everybody = [entrance for entrance in (*(known.entrances or {}).values(), *known.readers) if entrance.who]
    named = [object_.key] if object_.kind.area == SETS else []
    if object_.kind.name == ASSIGNMENTS:
        named = re.findall(r"permission-set ([\w+=,.@-]+)", item)
    here = [entrance.who for entrance in everybody if entrance.place == object_.place]
    if any(f"AWSReservedSSO_{name}_" in who for name in named for who in here):
        return True
    roles = re.findall(r":iam::(\d{12}):role/(?:\S*/)?([\w+=,.@-]+)$", item)
    if any(f":{account}:assumed-role/{name}/" in who for account, name in roles for who in here):
        return True
    if object_.kind.name == DELEGATES and any(item in who.split(":") for who in here):
        return True  # an ARN names the account
    documents = (document_of(ref, known.world) for ref in object_.lineage())
    apps = {document.get("appId") for document in documents if isinstance(document, dict)}
    return not apps.isdisjoint({entrance.who for entrance in everybody})


def _founded(change: Change, known: Mapping[str, Check], world: World) -> Iterator[Refusal]:
    """Looks again whether each check that asks for the change was seen to drift, exactly, and is not waived."""
    for name in change.mends:
        check = known.get(name)
        if check is None:
            yield Refusal(change.name, f"no policy states {name}", "select it, or make a new plan")
            continue
        judged = judge(check, world)
        if judged.verdict is not Verdict.DRIFT or judged.grade is not Grade.EXACT:
            why = f"{name} is {judged.verdict}, {judged.grade}, where only what was seen exactly is written"
            yield Refusal(change.name, why, "make a new plan")
        if check.waiver and check.waiver.holds(world.now.date()):
            why = f"{name} is waived until {check.waiver.until}"
            yield Refusal(change.name, why, "remove the waiver from the policy")
