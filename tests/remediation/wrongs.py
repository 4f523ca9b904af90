"""What a service may do to a write of each kind, and what must hold of a run whatever it does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.gates import scenario
from tests.gates.mutations import Case, mutation
from tests.remediation.acting import Acting
from tests.remediation.reach import standing, strays
from tests.remediation.test_mend_each import ALL, with_it
from xtcheck.judge import judge
from xtcheck.model import Check, Safety, Verdict
from xtcheck.plugin.outcomes import is_remediated
from xtcheck.remediation import journal
from xtcheck.remediation.changes import Outcome, Result
from xtcheck.remediation.rounds import MOST
from xtcheck.shapes import AsyncCall, Command

Json = Any


@dataclass(frozen=True)
class Situation:
    """A world that has drifted, and the checks that see it. ``drift`` makes it so, and says which they are."""

    name: str
    drift: Callable[[Acting], list[Check]]

    def __str__(self) -> str:
        return self.name


def _of(case: Case) -> Situation:
    """What is there is another than it should be, or is not there: as the gate for all rows drifts it."""

    def drift(act: Acting) -> list[Check]:
        made = mutation(case, act.living.state(), act.living.good)
        act.living.drift(*made.operations, *with_it(case, act.living.state()))
        own = case.check.kind.ref(case.check.scope)
        return [check for check in scenario.evidenced() if check.kind.ref(check.scope) == own]

    return Situation(f"{case.check.kind.name}-{case.check.setting.key}", drift)


SHARED = "/tenants/shared"
TRUSTS = f"{SHARED}/crossTenantAccessPolicy"


def of_partner(name: str = "one") -> list[Check]:
    kinds = ("partner", "identity-sync")
    return [check for check in scenario.evidenced() if check.kind.name in kinds and f".{name}." in check.statement]


def _unmade_partner(act: Acting) -> list[Check]:
    one = act.living.state()["tenants"]["one"]["id"]
    paths = (f"{TRUSTS}/identitySynchronization/{one}", f"{TRUSTS}/partners/{one}")
    act.living.drift(*({"op": "remove", "path": path} for path in paths))
    return of_partner()


def _unwanted_partner(_: Acting) -> list[Check]:
    return [replace(check, expected="absent") for check in of_partner() if check.setting.presence]


def _unmade_group(act: Acting) -> list[Check]:
    groups = act.living.state()["tenants"]["shared"]["groups"].items()
    [id_] = [id_ for id_, group in groups if group["displayName"] == "DevOps – Shared Tenant"]
    act.living.drift({"op": "remove", "path": f"{SHARED}/groups/{id_}"})
    return [check for check in scenario.evidenced() if check.kind.name == "group" and "DevOps" in check.statement]


SITUATIONS = [
    Situation("a partner and its synchronization are made", _unmade_partner),
    Situation("a partner and its synchronization are deleted", _unwanted_partner),
    Situation("a group is made", _unmade_group),
    *{(case.check.kind.name, case.check.setting.presence): _of(case) for case in reversed(ALL)}.values(),
]
"""One for each kind of object that is written, and for each way in which it is: changed, made, deleted."""

REFUSALS = (403, 409, 412, 429, 500)


@dataclass(frozen=True)
class Wrong:
    """Something that a service does to writes, or to the reads that follow them."""

    name: str
    do: Json
    writes: bool = True

    def __str__(self) -> str:
        return self.name

    def documents(self, times: int | None) -> list[Json]:
        return [{"match": {"write": self.writes}, "do": dict(self.do), **({"times": times} if times else {})}]


WRONGS = [
    *(Wrong(f"{status} before", {"status": status}) for status in REFUSALS),
    *(Wrong(f"{status} after", {"status": status, "after": True}) for status in REFUSALS),
    Wrong("unanswered before", {"reset": True}),
    Wrong("unanswered after", {"lost": True}),
    Wrong("dropped", {"dropped": True}),
    Wrong("soon", {"late": 1}),
    Wrong("late", {"late": 60}),
    Wrong("partly", {"partly": True}),
    Wrong("partly and 500", {"partly": True, "status": 500}),
    Wrong("late and 500", {"late": 3, "status": 500}),
    Wrong("read from before", {"stale": True}, writes=False),
]
CREATED = re.compile(
    r"/(partners|identitySynchronization|groups|servicePrincipals|applications|jobs|permissionSets"
    r"|assignments|appRoleAssignedTo|claimsMappingPolicies|tags|managedPolicies|entitlements|delegatedAdministrators|Regions)$"
)
"""Collections of which no service and no run may have more than were ever there."""
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|ps-[0-9a-f]{16}")
"""What services call things that they have made: one that is made again has another."""


def populations(tree: Json) -> Counter[str]:
    """How many things there are in each collection."""
    found: Counter[str] = Counter()
    for path, items in collections(tree):
        found[IDS.sub("*", path)] += len(items)
    return found


def collections(node: Json, path: str = "") -> Iterator[tuple[str, list[Json]]]:
    """Those collections, each with its items."""
    if isinstance(node, dict | list) and CREATED.search(path):
        yield path, list(node.values() if isinstance(node, dict) else node)
    for key, child in node.items() if isinstance(node, dict) else ():
        yield from collections(child, f"{path}/{key}")


def named(log: list[Json]) -> set[str]:
    """The ids by which the log knows the writes: of Graph their own header, of AWS a word of the user agent."""
    texts = [
        entry.get("client-request-id") or re.findall(r"md/xtcheck-write#([\w-]+)", entry.get("user-agent", ""))[-1]
        for entry in log
        if entry["write"]
    ]
    assert len(set(texts)) == len(texts), "each attempt has an id of its own"
    return set(texts)


@dataclass(frozen=True)
class Undisturbed:
    """What the same plan comes to when nothing happens to it: by change what then stands at its places, as kept."""

    standing: dict[str, Json]
    tree: Json


_UNDISTURBED: dict[str, Undisturbed] = {}


def undisturbed(act: Acting, situation: Situation, folder: Path) -> Undisturbed:
    """Made once in the same world, which is put right again, and remembered."""
    if situation.name not in _UNDISTURBED:
        made = act.plan(act.world(checks := situation.drift(act)), checks=checks)
        before = act.living.state()
        results, _ = act.apply(made, folder)
        assert {result.outcome for result in results} == {Outcome.APPLIED}, results
        tree = act.living.state()
        stands = {change.name: standing(change, before, tree) for change in made.changes}
        shown = [change for change in made.changes if not isinstance(change.ref.kind.write, Command | AsyncCall)]
        assert all(stands[change.name] != standing(change, before, before) for change in shown), stands
        _UNDISTURBED[situation.name] = Undisturbed(stands, tree)
        act.living.put_right()
    return _UNDISTURBED[situation.name]


def hold(act: Acting, situation: Situation, wrong: Wrong, times: int | None, folder: Path) -> list[Result]:
    """Let it go wrong: nothing is told that is not so, nothing exists twice, and the next run ends well."""
    living = act.living
    should = undisturbed(act, situation, folder)
    most = populations(living.state())
    checks = situation.drift(act)
    drifted = living.state()
    most |= populations(drifted)
    world = act.world(checks)
    made = act.plan(world, checks=checks)
    assert made.changes
    living.forget_log()
    living.fault(*wrong.documents(times))
    results, path = act.apply(made, folder)
    asked, came = living.log(), living.state()
    told = remediated(act, checks, results)
    living.fault()

    assert populations(living.state()) <= most, +(populations(living.state()) - most)
    for result in results:
        if result.outcome is Outcome.APPLIED:
            assert standing(result.change, drifted, came) == should.standing[result.change.name], result
    for result in results:
        if told & set(result.change.mends):
            assert standing(result.change, drifted, living.state()) == should.standing[result.change.name], result
    tried = [result.change for result in results if result.outcome in (Outcome.APPLIED, Outcome.FAILED)]
    assert strays(tried, drifted, living.state()) == []
    account = journal.read(path)
    assert [(entry.change, entry.outcome) for entry in account.entries] == [
        (result.change, str(result.outcome)) for result in results if result.outcome is not Outcome.DROPPED
    ]
    assert named(asked) <= {request for entry in account.entries for request in entry.requests}

    wait(act)
    asking = {name for change in made.changes for name in change.mends}
    finish(act, checks, asking, folder)
    assert populations(living.state()) <= most, +(populations(living.state()) - most)
    return results


def remediated(act: Acting, checks: list[Check], results: list[Result]) -> set[str]:
    """The checks of which a run tells REMEDIATED: all changes for it are applied, and a new look finds it well."""
    world = act.world(checks)
    outcomes: dict[str, set[Outcome]] = {}
    for result in results:
        for name in result.change.mends:
            outcomes.setdefault(name, set()).add(result.outcome)
    return {
        check.name
        for check in checks
        if all(is_remediated({"outcome": each}, judge(check, world)) for each in outcomes.get(check.name, {"none"}))
    }


def wait(act: Acting) -> None:
    """Let all come that is late, and what AWS has accepted, and nobody asks after, be carried out.

    What is late may be that AWS accepts something: that comes first.
    """
    for _ in range(200):
        if not act.living.sandbox.state.later:
            break
        for place in {request.place: request for request in act.living.good.answers}.values():
            act.living.answer(place)
    assert not act.living.sandbox.state.later, "something never came"
    under_way = act.living.state()["aws"]["main"].get("pending", [])
    act.living.drift(
        *({"op": "replace", "path": f"/aws/main/pending/{number}/until", "value": "2000-01-01T00:00:00+00:00"}
          for number in range(len(under_way)))
    )  # fmt: skip


def finish(act: Acting, checks: list[Check], asking: set[str], folder: Path) -> None:
    """The next run, to which nothing happens, finds and does what is left; what asked for the changes is well then."""
    world = act.world(checks)
    left = act.plan(world, Safety.UNSAFE, checks)
    for _ in range(MOST):
        if not left.changes:
            break
        results, _ = act.apply(left, folder)
        assert {result.outcome for result in results} == {Outcome.APPLIED}, results
        world = act.world(checks)
        left = act.plan(world, Safety.UNSAFE, checks)
    assert not left.changes
    found = {check.name: judge(check, world) for check in checks if check.name in asking}
    assert {judged.verdict for judged in found.values()} == {Verdict.COMPLIANT}, found
