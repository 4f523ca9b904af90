"""What the guard refuses, whoever asks for it, and what would allow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.documents.estates import checks as stated
from tests.gates import scenario
from tests.remediation.acting import Acting
from tests.remediation.test_faults import DRIFTS, checks_of
from xtcheck.answers import Entrance
from xtcheck.config import Remediation
from xtcheck.judge import judge
from xtcheck.model import Check, Evidence, Present, Ref, Unread, Verdict, Waiver
from xtcheck.remediation.changes import Change, Plan, Verb, target
from xtcheck.remediation.filling import document_of
from xtcheck.remediation.guard import Known, refusals
from xtcheck.world import World

Json = Any

LIMITS = Remediation(Path("journals"))
IN = {"shared": Entrance("shared", "app-that-writes")}
CHANGED = "a setting is changed"


def inheriting(tree: Json) -> Json:
    """A drift by which a partner's trust is the default's."""
    return {
        **DRIFTS[CHANGED](tree),
        "path": DRIFTS[CHANGED](tree)["path"].removesuffix("/isMfaAccepted"),
        "value": None,
    }


@pytest.fixture
def drifted(act: Acting) -> tuple[World, Plan]:
    act.living.drift(DRIFTS[CHANGED](act.living.state()))
    world = act.world(checks_of(CHANGED))
    return world, act.plan(world)


def said(
    world: World,
    made: Plan,
    limits: Remediation = LIMITS,
    *,
    checks: tuple[Check, ...] | None = None,
    entrances: Mapping[str, Entrance] = IN,
    before: tuple[Change, ...] = (),
    **more: Any,
) -> list[str]:
    known = Known(scenario.checks() if checks is None else checks, world, entrances, made=before, **more)
    return [str(refusal) for refusal in refusals(made, limits, known)]


def with_change(made: Plan, **more: object) -> Plan:
    [change] = made.changes
    return replace(made, changes=(replace(change, **more),))  # type: ignore[arg-type]


def test_a_plan_that_is_sound_is_not_refused(drifted: tuple[World, Plan]) -> None:
    assert said(*drifted) == []


def test_more_changes_than_config_allows_are_refused_as_a_whole(drifted: tuple[World, Plan]) -> None:
    [told] = said(*drifted, replace(LIMITS, most_changes=0))
    assert told == (
        "1 change in one run (change shared/partner.one), and config.yml allows 0; "
        "choose less (-k, --xt-tenant), or raise remediation.most-changes"
    )


def test_a_share_counts_only_above_a_population(drifted: tuple[World, Plan]) -> None:
    world, made = drifted
    strict = replace(LIMITS, most_share=1, share_from=10)
    assert said(world, replace(made, objects={"shared": 9}), strict) == []
    [told] = said(world, replace(made, objects={"shared": 10}), strict)
    assert told.startswith("1 of 10 objects of shared (shared/partner.one), and config.yml allows 1%; ")
    own = frozenset(change.ref for change in made.changes)  # what a run has made itself is taken away again
    assert said(world, replace(made, objects={"shared": 10}, own=own), strict) == []


def test_what_is_created_is_no_share_of_what_is_there(drifted: tuple[World, Plan]) -> None:
    world, made = drifted
    created = with_change(replace(made, objects={"shared": 10}), verb=Verb.CREATE)
    assert said(world, created, replace(LIMITS, most_share=1)) == []


def test_undoing_has_the_share_of_the_run(act: Acting, drifted: tuple[World, Plan], tmp_path: Path) -> None:
    world, made = drifted
    _, path = act.apply(made, tmp_path)
    back = act.undoing(path).plan
    [told] = said(world, back, replace(LIMITS, most_share=1, share_from=1), checks=())
    there = f"1 of {made.objects['shared']} objects of shared (shared/partner.one)"
    assert told.startswith(f"{there}, and config.yml allows 1%; ")
    assert said(world, back, replace(LIMITS, most_share=50, share_from=1), checks=()) == []


def test_what_the_run_has_made_itself_may_change_as_a_whole(drifted: tuple[World, Plan]) -> None:
    world, made = drifted
    [change] = made.changes
    more = replace(made, objects={"shared": 10})
    strict = replace(LIMITS, most_share=1)
    assert said(world, more, strict) != []
    assert said(world, more, strict, before=(replace(change, verb=Verb.CREATE),)) == []


def test_a_protected_object_is_left(drifted: tuple[World, Plan]) -> None:
    [told] = said(*drifted, replace(LIMITS, protected=("shared/partner.*",)))
    assert told.startswith("change shared/partner.one: config.yml protects shared/partner.*; ")


def test_a_protected_object_may_be_named_by_its_id(drifted: tuple[World, Plan]) -> None:
    world, made = drifted
    [change] = made.changes
    assert change.ref.key != change.ref.label
    [told] = said(world, made, replace(LIMITS, protected=(f"shared/partner.{change.ref.key}",)))
    assert told.startswith(f"change shared/partner.one: config.yml protects shared/partner.{change.ref.key}; ")


@pytest.mark.parametrize("name", ["Break-glass admins", "break glass", "BreakGlass", "Emergency access accounts"])
def test_what_is_for_emergencies_by_its_name_is_left(drifted: tuple[World, Plan], name: str) -> None:
    world, made = drifted
    [change] = made.changes
    [told] = said(world, with_change(made, ref=replace(change.ref, key=name)))
    assert "by its name it is for emergencies" in told


def test_whoever_cannot_sign_in_to_write_writes_nothing(drifted: tuple[World, Plan]) -> None:
    refused = Entrance("shared", refused="signed in to tenant x instead of y (shared)", remedy="correct the id")
    [told] = said(*drifted, entrances={"shared": refused})
    assert told == "change shared/partner.one: signed in to tenant x instead of y (shared); correct the id"
    assert "nobody has signed in" in said(*drifted, entrances={})[0]


def test_what_xtcheck_signs_in_by_is_left(drifted: tuple[World, Plan]) -> None:
    world, made = drifted
    [change] = made.changes

    class Ours(World):
        def evidence(self, ref: Ref) -> Evidence:
            found = world.evidence(ref)
            if ref == change.ref and isinstance(found, Present):
                return replace(found, document={**found.document, "appId": "app-that-writes"})
            return found

    assert any("what xtcheck itself signs in by" in told for told in said(Ours(world.answers, world.now), made))


def test_a_check_that_is_no_drift_any_more_founds_no_change(act: Acting, drifted: tuple[World, Plan]) -> None:
    _, made = drifted
    told = said(act.living.good, made)
    assert told == [f"{made.changes[0].name}: {name} is compliant, exact, where only what was seen exactly is written; "
                    "make a new plan" for name in made.changes[0].mends]  # fmt: skip


def test_a_waived_check_founds_no_change(drifted: tuple[World, Plan]) -> None:
    world, made = drifted
    waiver = Waiver("it is being moved", "someone", (world.now + timedelta(days=1)).date())
    checks = tuple(replace(check, waiver=waiver) for check in scenario.checks())
    assert all("is waived until" in told for told in said(world, made, checks=checks))
    assert said(world, made, checks=checks)


def test_what_is_waived_stays_as_it_is_when_it_is_sent_along(act: Acting) -> None:
    """A trust is sent whole: where one part no longer inherits, so does the one that is excused from being true."""
    act.living.drift(inheriting(act.living.state()))
    partner = [check for check in checks_of(CHANGED) if "partner.one." in check.statement]
    world = act.world(partner)
    trust = next(check for check in partner if check.setting.key == "trust-mfa")
    other = next(check for check in partner if check.setting.key == "trust-compliant-device")
    waiver = Waiver("it is being moved", "someone", (world.now + timedelta(days=1)).date())
    checks = (replace(trust, waiver=waiver), other)
    made = act.plan(world, checks=checks)
    told = said(world, made, checks=checks)
    why = f"it would change what is waived: {trust.name}; remove the waiver from the policy, or let it end"
    assert told == [f"change shared/partner.one: {why}"]
    assert said(world, act.plan(world, checks=checks[1:]), checks=checks) == []
    alone = act.plan(act.reading(checks[1:]), checks=checks[1:], stated=checks)
    assert said(world, alone, checks=checks) == told, "what is waived need not be selected"


def test_what_is_waived_and_not_selected_is_read_though_it_stands_elsewhere(act: Acting) -> None:
    """What accounts hold of a permission set is seen in a list of its own."""
    waiver = "waiver: {reason: later, owner: somebody, until: 2999-01-01}"
    where = f"provisioned: {{expect: everywhere, {waiver}}}"
    text = f"applies-to: aws\nidentity-center: {{permission-sets: {{ReadOnlyAccess: {{description: new, {where}}}}}}}"
    checks = stated(text, of=scenario.config().estate)
    [arn] = act.living.state()["aws"]["main"]["permissionSets"]
    path = f"/aws/main/permissionSets/{arn.replace('/', '~1')}/provisioned/444455556666"
    act.living.drift({"op": "replace", "path": path, "value": "LATEST_PERMISSION_SET_NOT_PROVISIONED"})
    described = [check for check in checks if check.setting.key == "description"]
    for selected in (checks, described):
        made = act.plan(act.reading(selected), checks=selected, stated=checks)
        assert [change.waived for change in made.changes] == [
            (),
            ("aws-main/permission-set.ReadOnlyAccess.provisioned",),
        ]


def test_a_change_that_nothing_states_is_refused(drifted: tuple[World, Plan]) -> None:
    [told, *_] = said(*drifted, checks=())
    assert "no policy states" in told


def test_what_would_spoil_another_check_is_refused(act: Acting) -> None:
    """A trust is one whole: it cannot be null in one part and not in another."""
    act.living.drift(inheriting(act.living.state()))
    partner = [check for check in checks_of(CHANGED) if "partner.one." in check.statement]
    world = act.world(partner)
    trust = next(check for check in partner if check.setting.key == "trust-mfa")
    other = next(check for check in partner if check.setting.key == "trust-compliant-device")
    checks = (trust, replace(other, expected="inherit"))
    assert judge(checks[1], world).verdict is Verdict.COMPLIANT
    made = act.plan(world, checks=checks)
    [change] = made.changes
    assert change.spoils == (other.name,)
    assert any(f"it would spoil {other.name}" in told for told in said(world, made, checks=checks))
    [change] = act.plan(act.reading(checks[:1]), checks=checks[:1], stated=checks).changes
    assert change.spoils == (other.name,), "what is spoiled need not be selected"


def test_names_of_changes_are_the_objects_as_policies_call_them(drifted: tuple[World, Plan]) -> None:
    names = [change.name for change in drifted[1].changes]
    assert names == ["change shared/partner.one"]
    assert all(isinstance(change, Change) for change in drifted[1].changes)


# --- AWS ------------------------------------------------------------------------------------------------------------

ADMIN = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_ReadOnlyAccess_0123456789abcdef/me"
SOMEONE = {"aws-main": Entrance("aws-main", "x")}


@dataclass(frozen=True)
class Center:
    """A plan for an assignment and for a permission set, and what the guard looks at besides."""

    world: World
    made: Plan
    checks: tuple[Check, ...]
    managed: Mapping[Ref, Evidence]

    def said(self, entrances: Mapping[str, Entrance] = SOMEONE, made: Plan | None = None, **more: Any) -> list[str]:
        given = {"checks": self.checks, "entrances": entrances, "managed": self.managed, **more}
        return said(self.world, made or self.made, **given)


@pytest.fixture
def center(act: Acting) -> Center:
    keys = {"assignments": [], "session-duration": "PT45M"}
    checks = tuple(
        replace(check, expected=keys[check.setting.key])
        for check in scenario.checks()
        if check.setting.key in keys and check.kind.name in ("account-assignments", "permission-set")
    )
    world = act.living.good
    made = act.plan(world, checks=checks)
    assert len(made.changes) == 3  # the permission set, its provisioning, the assignment
    return Center(world, made, checks, act.managed(made, world))


def assignment(center: Center) -> Change:
    [change] = [change for change in center.made.changes if change.ref.kind.name == "account-assignments"]
    return change


@pytest.mark.parametrize("with_what", ["write", "read"])
def test_what_we_signed_in_by_is_left(center: Center, with_what: str) -> None:
    us = Entrance("aws-main", ADMIN)
    told = center.said({"aws-main": us}) if with_what == "write" else center.said(readers=[us])
    names = [change.name for change in center.made.changes]
    assert told == [f"{name}: it is what xtcheck itself signs in by; change it by hand" for name in names]
    other = Entrance("aws-main", ADMIN.replace("ReadOnlyAccess", "Administrators"))
    assert center.said({"aws-main": other}, readers=[other]) == []


def test_nobody_gets_into_the_management_account(center: Center) -> None:
    change = assignment(center)
    assert change.ref.parent
    above = replace(change.ref.parent, key="111122223333")
    moved = replace(change, ref=replace(change.ref, key="111122223333", parent=above))
    told = center.said(made=replace(center.made, changes=(moved,)))
    assert any("it is the management account" in each for each in told)


def test_what_the_management_account_holds_is_left(center: Center) -> None:
    """Which account that is, and what it holds, is looked at; where that cannot be seen, nothing is written."""
    [(ref, evidence)] = center.managed.items()
    assert (ref.key, evidence) == ("111122223333", Present([], evidence.requests))
    permission_set = document_of(next(ref for ref in center.made.changes[0].ref.lineage()), center.world)
    held = {ref: Present([permission_set["PermissionSetArn"]], ())}
    told = center.said(managed=held)
    names = [change.name for change in center.made.changes if change != assignment(center)]
    why = "the management account holds it, from which all others are administered; change it by hand"
    assert told == [f"{name}: {why}" for name in names]
    unseen = center.said(managed={ref: Unread("forbidden", "grant it", ())})
    assert [each.partition(": ")[2] for each in unseen] == [
        "whether the management account holds it could not be read; change it by hand"
    ] * 2


@pytest.mark.parametrize(
    "item", ["group Break-glass admins, permission-set X", "user emergency-access-1, permission-set X"]
)
def test_who_enters_in_an_emergency_keeps_the_access(center: Center, item: str) -> None:
    told = center.said(made=replace(center.made, changes=(replace(assignment(center), item=item),)))
    assert [each for each in told if "by its name it is for emergencies" in each]


@pytest.mark.parametrize("pattern, protects", [
    ("aws-main/permission-set.readonlyaccess", 2),  # it, and what is called before it takes effect
    ("aws-main/outdated-accounts.*", 1),
    ("*permission-set ReadOnlyAccess", 1),  # an assignment is named with its item
    ("aws-main/instance", 3),  # and all that stands in it
    ("aws-main/permission-set.ReadOnly", 0),
    ("aws-main/permission-set.[R]eadOnlyAccess", 0),  # only the asterisk is more than itself
])  # fmt: skip
def test_what_stands_in_something_protected_is_protected(center: Center, pattern: str, protects: int) -> None:
    told = center.said(limits=replace(LIMITS, protected=(pattern,)))
    assert len(told) == protects, told
    assert all(f"config.yml protects {pattern}; " in each for each in told)


def test_the_limit_is_that_of_the_whole_run(center: Center) -> None:
    limits = replace(LIMITS, most_changes=3)
    assert center.said(limits=limits) == []
    [told] = center.said(limits=limits, made=center.made, before=center.made.changes[:1])
    first = ", ".join(change.name for change in center.made.changes)
    assert told.startswith(f"4 changes in one run ({first} and 1 more), and config.yml allows 3; ")


def test_a_share_counts_objects_and_not_calls(center: Center) -> None:
    one = assignment(center)
    several = tuple(replace(one, item=f"group {number}, permission-set X") for number in range(6))
    made = replace(center.made, changes=several, objects={"aws-main": 10})
    assert center.said(made=made, limits=replace(LIMITS, most_share=10)) == []


def test_what_is_taken_out_of_a_list_is_a_share_of_its_items(center: Center) -> None:
    one = assignment(center)
    place = replace(one.places[0], before={"id": "somebody"}, after=None)
    out = [replace(one, item=f"group {number}, permission-set X", places=(place,)) for number in range(7)]
    name = target(one.ref)
    made = replace(center.made, changes=tuple(out), objects={"aws-main": 100, name: 12})
    [told] = center.said(made=made)
    assert told.startswith(f"7 of 12 items of {name} (group 0, permission-set X, group 1, permission-set X, ")
    assert "and 4 more), and config.yml allows 50%; " in told
    later = replace(made, changes=tuple(out[4:]), objects={"aws-main": 100, name: 8})
    [after] = center.said(made=later, before=out[:4])
    assert after.startswith(f"7 of 12 items of {name} (group 4, "), "whatever its rounds"
    back = replace(made, changes=tuple(replace(each, mends=()) for each in out))
    assert center.said(made=back) == [], "undoing takes out what a run has put in"
    assert center.said(made=replace(made, objects={name: 14})) == []


def test_a_list_has_as_many_items_as_it_shows(center: Center) -> None:
    one = assignment(center)
    assert center.made.objects[target(one.ref)] == len(document_of(one.ref, center.world) or ())
