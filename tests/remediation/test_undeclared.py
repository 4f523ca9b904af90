"""What nobody declared goes, contents first, when the policy forbids it, and only what nothing else depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.remediation.acting import Acting
from tests.remediation.test_taking_back import one_journal, stated
from xtcheck.answers import Entrance
from xtcheck.config import Remediation
from xtcheck.judge import judge
from xtcheck.model import Check, Safety, Verdict
from xtcheck.remediation import show
from xtcheck.remediation.changes import Outcome, Plan
from xtcheck.remediation.guard import Known, refusals

Json = Any

OTHER = "99999999-0000-4000-8000-000000000001"
ACCESS = "/tenants/shared/crossTenantAccessPolicy"
PARTNERS = "applies-to: {tenant: shared}\ncross-tenant-access: {undeclared-partners: forbidden}"
SETS = (
    "applies-to: {aws: main}\n"
    "identity-center: {permission-sets: {ReadOnlyAccess: {state: present}}, undeclared-permission-sets: forbidden}"
)
SET = "arn:aws:sso:::permissionSet/ssoins-7223f1a2b3c4d5e6/ps-00000000000000f0"


def planned(act: Acting, text: str, allowed: Safety = Safety.UNSAFE) -> Plan:
    checks = stated(text)
    return act.plan(act.reading(checks), allowed, checks)


def stranger(act: Acting, **more: Json) -> None:
    """One more partner, with synchronization."""
    known = act.living.state()["tenants"]["shared"]["crossTenantAccessPolicy"]
    like = next(iter(known["partners"].values()))
    act.living.drift(
        {"op": "add", "path": f"{ACCESS}/partners/{OTHER}", "value": {**like, "tenantId": OTHER, **more}},
        {"op": "add", "path": f"{ACCESS}/identitySynchronization/{OTHER}",
         "value": {"tenantId": OTHER, "displayName": "Other", "userSyncInbound": {"isSyncAllowed": True}}},
    )  # fmt: skip


def forgotten(act: Acting, *, name: str = "Forgotten", **provisioned: str) -> None:
    """One more permission set, which nobody has unless it is said where."""
    aws = act.living.state()["aws"]["main"]["permissionSets"]
    like = next(iter(aws.values()))
    document = {**like["document"], "Name": name, "PermissionSetArn": SET}
    made = {**like, "document": document, "provisioned": {key.strip("_"): each for key, each in provisioned.items()}}
    path = SET.replace("/", "~1")
    act.living.drift({"op": "add", "path": f"/aws/main/permissionSets/{path}", "value": made})


def test_a_permission_set_of_a_declared_name_in_other_letters_is_undeclared(act: Acting) -> None:
    forgotten(act, name="readonlyaccess")
    checks = stated(SETS)
    found = {check.setting.key: judge(check, act.reading(checks)) for check in checks}["undeclared-permission-sets"]
    assert (found.verdict, found.differences) == (Verdict.DRIFT, ("readonlyaccess",))
    assert [change.name for change in planned(act, SETS).changes] == ["delete aws-main/permission-set.readonlyaccess"]


def test_a_partner_that_nobody_declared_goes_after_its_synchronization_and_comes_back(
    act: Acting, tmp_path: Path
) -> None:
    stranger(act)
    before = act.living.state()
    plan = planned(act, PARTNERS)
    assert [(change.name, change.safety, change.why, show.undo(change)) for change in plan.changes] == [
        (f"delete shared/identity-sync.{OTHER}", Safety.UNSAFE, "it deletes",
         "creates it again, without its display name, on which nothing depends"),
        (f"delete shared/partner.{OTHER}", Safety.UNSAFE, "it deletes",
         "creates it again, without the settings that xtcheck does not write"),
    ]  # fmt: skip
    results, journal = act.apply(plan, tmp_path)
    assert {result.outcome for result in results} == {Outcome.APPLIED}, results
    [check] = stated(PARTNERS)
    assert judge(check, act.reading([check])).verdict is Verdict.COMPLIANT
    assert planned(act, PARTNERS).changes == ()
    act.taken_back(journal, tmp_path)
    kept, now = before["tenants"]["shared"], act.living.state()["tenants"]["shared"]
    assert now["crossTenantAccessPolicy"]["partners"] == kept["crossTenantAccessPolicy"]["partners"]
    [synchronized] = [each["isSyncAllowed"] for key, each in _inbound(now) if key == OTHER]
    assert synchronized is True


def _inbound(tenant: Json) -> list[tuple[str, Json]]:
    known = tenant["crossTenantAccessPolicy"]["identitySynchronization"]
    return [(key, each["userSyncInbound"]) for key, each in known.items()]


def strangers(act: Acting, count: int) -> None:
    partners = act.living.state()["tenants"]["shared"]["crossTenantAccessPolicy"]["partners"]
    one = next(iter(partners.values()))
    ids = [f"99999999-0000-4000-8000-{number:012}" for number in range(count)]
    act.living.drift(*(
        {"op": "add", "path": f"{ACCESS}/partners/{id_}", "value": {**one, "tenantId": id_}} for id_ in ids
    ))  # fmt: skip


DECLARED = "{state: present}, two: {state: present}"


@pytest.mark.parametrize("selected", [("undeclared-partners",), ("undeclared-partners", "state")])
def test_what_nobody_declared_is_a_share_of_all_that_is_there(act: Acting, selected: Sequence[str]) -> None:
    """Whatever is selected besides."""
    strangers(act, 12)
    all_ = stated(PARTNERS.replace(": forbidden", f": forbidden, partners: {{one: {DECLARED}}}"))
    checks = [check for check in all_ if check.setting.key in selected]
    plan = act.plan(act.reading(checks), checks=checks, stated=all_)
    [told] = refusals(plan, Remediation(Path("journals")), known(act, checks))
    which = "shared/partner.99999999-0000-4000-8000-00000000000"
    few = f"{which}0, {which}1, {which}2 and 9 more"
    assert told.why == f"12 of 14 objects of shared ({few}), and config.yml allows 50%"
    assert refusals(plan, Remediation(Path("journals"), most_share=90), known(act, checks)) == ()


def test_the_share_is_that_of_a_run_whose_earlier_rounds_have_deleted(act: Acting, tmp_path: Path) -> None:
    strangers(act, 10)
    checks = stated(PARTNERS)
    first = planned(act, PARTNERS)
    act.apply(Plan(first.changes[:6]), tmp_path)
    rest = planned(act, PARTNERS)
    assert (len(rest.changes), rest.objects) == (4, {"shared": 4})
    earlier = replace(known(act, checks), made=first.changes[:6])
    [told] = refusals(rest, Remediation(Path("journals"), share_from=5), earlier)
    which = "shared/partner.99999999-0000-4000-8000-00000000000"
    few = f"{which}6, {which}7, {which}8 and 7 more"
    assert told.why == f"10 of 10 objects of shared ({few}), and config.yml allows 50%"


def known(act: Acting, checks: Sequence[Check]) -> Known:
    return Known(checks, act.reading(checks), {"shared": Entrance("shared", "app-that-writes")})


def test_without_the_option_nothing_is_deleted(act: Acting) -> None:
    stranger(act)
    plan = planned(act, PARTNERS, Safety.SAFE)
    assert (plan.changes, len(plan.held)) == ((), 2)


def test_what_a_policy_excepts_stays(act: Acting) -> None:
    stranger(act)
    assert planned(act, PARTNERS.replace("forbidden", f"{{forbidden: {{except: [{OTHER}]}}}}")).changes == ()


@pytest.mark.parametrize(
    "flag, why",
    [
        ("isServiceProvider", f"{OTHER} is a cloud service provider of this tenant: that relationship ends first"),
        ("isInMultiTenantOrganization", f"{OTHER} is in our multitenant organization, which would add it again"),
    ],
)
def test_a_partner_on_which_something_else_depends_is_left_to_a_person(act: Acting, flag: str, why: str) -> None:
    stranger(act, **{flag: True})
    plan = planned(act, PARTNERS)
    assert (plan.changes, [each.why for each in plan.by_hand]) == ((), [why])


def test_what_stands_in_a_partner_and_cannot_be_seen_keeps_it(act: Acting) -> None:
    stranger(act)
    path = f"/v1.0/policies/crossTenantAccessPolicy/partners/{OTHER}/identitySynchronization"
    act.living.fault({"match": {"service": "graph", "tenant": "shared", "path": path}, "do": {"status": 403}})
    plan = planned(act, PARTNERS)
    assert plan.changes == ()
    assert "cannot be read" in plan.by_hand[0].why


def test_a_permission_set_that_nobody_declared_and_nobody_has_goes(act: Acting, tmp_path: Path) -> None:
    forgotten(act)
    plan = planned(act, SETS)
    [change] = plan.changes
    assert (change.name, change.undoable) == ("delete aws-main/permission-set.Forgotten", False)
    policy = '{"Name": "ReadOnlyAccess", "Arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}'
    gone = ["    - SessionDuration: PT1H", f"    - managed-policies: [{policy}]"]
    assert [line for line in show.difference(change) if line.startswith("    - ")] == gone
    act.apply(plan, tmp_path)
    assert list(act.living.state()["aws"]["main"]["permissionSets"]) != [SET]
    assert {judge(check, act.reading(stated(SETS))).verdict for check in stated(SETS)} == {Verdict.COMPLIANT}


EMPTIED = SETS.replace(
    "identity-center: {",
    "identity-center: {accounts: {'444455556666': {assignments: [{group: DevOps – Shared Tenant, "
    "permission-set: ReadOnlyAccess}]}}, ",
)
"""A policy by which nobody has the forgotten permission set any more."""
TAKEN = "change aws-main/account-assignments.444455556666 group DevOps – Shared Tenant, permission-set Forgotten"


def held(act: Acting) -> None:
    """One more permission set, which a group has in an account."""
    forgotten(act, _444455556666="LATEST_PERMISSION_SET_PROVISIONED")
    tree = act.living.state()["aws"]["main"]["assignments"]
    act.living.drift({"op": "add", "path": "/aws/main/assignments/-", "value": {**tree[0], "PermissionSetArn": SET}})


def test_a_permission_set_that_the_plan_takes_from_everybody_goes_in_a_later_round(act: Acting) -> None:
    held(act)
    plan = planned(act, EMPTIED)
    assert [change.name for change in plan.changes] == [TAKEN]
    [left] = plan.by_hand
    assert (left.why, left.waits) == (f"it follows from {TAKEN}", True)
    assert [(what.name, what.safety) for what in left.later] == [
        ("delete aws-main/permission-set.Forgotten", Safety.UNSAFE)
    ]
    assert list(show.lines(plan))[-3:] == [
        show.FOLLOWING,
        f"  it follows from {TAKEN}: aws-main/identity-center.undeclared-permission-sets",
        "    delete aws-main/permission-set.Forgotten: unsafe (it deletes)",
    ]


GOES_FIRST = "Forgotten is in account 444455556666: who has it there goes first"


def test_a_permission_set_is_left_to_a_person_where_what_takes_it_away_is_held_back(act: Acting) -> None:
    held(act)
    plan = planned(act, EMPTIED, Safety.SAFE)
    assert ([change.name for change in plan.held], plan.changes) == ([TAKEN], ())
    assert [(left.why, left.waits, left.later) for left in plan.by_hand] == [(GOES_FIRST, False, ())]


def guarded(
    act: Acting, checks: Sequence[Check], protected: tuple[str, ...], who: str
) -> tuple[Plan, Remediation, Known]:
    """A plan with what the guard judges it by: what config.yml protects, and who signs in to AWS."""
    world = act.reading(checks)
    plan = act.plan(world, checks=checks)
    limits = Remediation(Path("journals"), protected=protected)
    known = Known(checks, world, {"aws-main": Entrance("aws-main", who)}, managed=act.managed(plan, world))
    return plan, limits, known


def test_a_permission_set_is_left_to_a_person_where_only_some_of_those_who_have_it_lose_it(act: Acting) -> None:
    held(act)
    stays = "{group: DevOps – Shared Tenant, permission-set: Forgotten}"
    text = EMPTIED.replace("permission-set: ReadOnlyAccess}]", f"permission-set: ReadOnlyAccess}}, {stays}]")
    tree = act.living.state()["aws"]["main"]["assignments"]
    someone = {"PrincipalType": "USER", "PrincipalId": "9067f1a2b3-00000000-1111-4222-8333-444444444444"}
    more = {**tree[0], **someone, "PermissionSetArn": SET}
    act.living.drift({"op": "add", "path": "/aws/main/assignments/-", "value": more})
    plan = planned(act, text)
    assert len(plan.changes) == 1
    assert [(left.why, left.waits) for left in plan.by_hand] == [(GOES_FIRST, False)]


@pytest.mark.parametrize(
    "protected, who, why",
    [
        (("aws-main/permission-set.forgotten",), "somebody", "config.yml protects aws-main/permission-set.forgotten"),
        ((), "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Forgotten_0123/me", "it is what xtcheck itself"),
    ],
)
def test_what_a_later_round_would_be_refused_is_refused_before_anything_is_written(
    act: Acting, protected: tuple[str, ...], who: str, why: str
) -> None:
    held(act)
    checks = stated(EMPTIED)
    plan, limits, known = guarded(act, checks, protected, who)
    told = [refusal for refusal in refusals(plan, limits, known) if "in a later round" in refusal.change]
    [asking] = [check.name for check in checks if check.setting.deletes]
    assert [refusal.change for refusal in told] == [
        f"delete aws-main/permission-set.Forgotten (in a later round, for {asking})"
    ]
    assert told[0].why.startswith(why)
    once = replace(plan, by_hand=())
    assert not any("in a later round" in refusal.change for refusal in refusals(once, limits, known))


def test_what_is_left_to_people_is_nothing_that_the_guard_looks_ahead_to(act: Acting) -> None:
    held(act)
    checks = stated(EMPTIED)
    world = act.reading(checks)
    plan = act.plan(world, Safety.SAFE, checks)
    limits = Remediation(Path("journals"), protected=("aws-main/permission-set.forgotten",))
    known = Known(checks, world, {"aws-main": Entrance("aws-main", "somebody")}, managed=act.managed(plan, world))
    assert refusals(plan, limits, known) == ()


def test_what_names_a_permission_set_that_is_gone_for_good_is_told_and_not_tried(act: Acting, tmp_path: Path) -> None:
    held(act)
    journals = []
    while (plan := planned(act, EMPTIED)).changes:
        results, journal = act.apply(plan, tmp_path)
        assert {result.outcome for result in results} == {Outcome.APPLIED}, results
        journals.append(journal)
    found = act.undoing(one_journal(journals, tmp_path))
    assert found.plan.changes == ()
    assert found.lost == (
        "aws-main/permission-set.Forgotten is gone: this version does not make it again",
        (
            "aws-main/account-assignments.444455556666 group DevOps – Shared Tenant, permission-set Forgotten: "
            "what it names is gone for good"
        ),
    )


def test_a_permission_set_that_somebody_has_is_left_to_a_person(act: Acting) -> None:
    forgotten(act, _444455556666="LATEST_PERMISSION_SET_PROVISIONED")
    plan = planned(act, SETS)
    assert (plan.changes, [each.why for each in plan.by_hand]) == (
        (),
        [GOES_FIRST],
    )


@pytest.mark.parametrize(
    "protected, who, why",
    [
        (("*/permission-set.*",), "arn:aws:iam::111122223333:user/somebody", "config.yml protects */permission-set.*"),
        ((), "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Forgotten_0123/me", "it is what xtcheck itself"),
    ],
)
def test_what_is_protected_is_not_deleted(act: Acting, protected: tuple[str, ...], who: str, why: str) -> None:
    forgotten(act)
    [refusal] = refusals(*guarded(act, stated(SETS), protected, who))
    assert refusal.why.startswith(why)
