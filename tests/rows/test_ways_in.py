"""Who reaches an account, and what a person reaches: by every way there is, on documents made by hand."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from tests.documents.estates import estate, mistakes
from tests.model.evidence import answered, failed, verdict
from xtcheck.model import Failed, Judgement, Verdict

Json = Any

COMPLIANT, DRIFT, UNKNOWN = Verdict.COMPLIANT, Verdict.DRIFT, Verdict.UNKNOWN

MANAGEMENT, WORK = "111122223333", "444455556666"
INSTANCE: Json = {
    "InstanceArn": "arn:aws:sso:::instance/ssoins-7223f1a2b3c4d5e6",
    "IdentityStoreId": "d-1",
    "OwnerAccountId": MANAGEMENT,
    "PrimaryRegion": "us-east-1",
}
APPLICATION = f"arn:aws:account-access:us-east-1:{MANAGEMENT}:application/aam-1"
AUDITOR = f"arn:aws:iam::{WORK}:role/team/Auditor"


def user(id_: str, status: str = "ENABLED") -> Json:
    emails = [{"Value": f"{id_}@mail.example"}]
    return {"UserId": id_, "UserName": f"{id_}@one.com", "Emails": emails, "UserStatus": status}


def member(group: str, user_id: str) -> Json:
    return {"GroupId": group, "MemberId": {"UserId": user_id}}


def assigned(kind: str, id_: str, arn: str = "arn:read", account: str = WORK) -> Json:
    return {"AccountId": account, "PermissionSetArn": arn, "PrincipalType": kind, "PrincipalId": id_}


def entitled(principal: Json, role: str = AUDITOR, account: str = WORK) -> Json:
    summary = {"principal": {"identityCenter": principal}, "roleArn": role, "account": account}
    return {"entitlementId": "e", "entitlement": {"principalRole": summary}, "createdAt": "2026-08-01T12:00:00Z"}


# Ann is in Ops; Bob has nothing. Ops reads in the work account. One application, and no entitlement.
CENTER: Json = {
    "list_instances": [INSTANCE],
    "describe_instance": INSTANCE,
    "list_users": [user("ann"), user("bob")],
    "list_groups": [{"GroupId": "ops", "DisplayName": "Ops"}],
    "list_group_memberships_for_member": [member("ops", "ann")],
    "list_group_memberships": [member("ops", "ann")],
    "list_permission_sets_provisioned_to_account": ["arn:read"],
    "list_permission_sets": ["arn:read"],
    "describe_permission_set": {"PermissionSetArn": "arn:read", "Name": "Read"},
    "list_accounts_for_provisioned_permission_set": [WORK],
    "list_account_assignments": [assigned("GROUP", "ops")],
    "list_applications": [{"applicationArn": APPLICATION}],
    "get_application": {"identitySource": {"identityCenter": {"instanceArn": INSTANCE["InstanceArn"]}}},
    "list_entitlements": [],
}
NO_APPLICATION: Json = {"list_applications": []}


def world(changes: Json) -> Json:
    """Answers by operation; whole requests, which a change may name, come before them."""
    made = {name: document for name, document in changes.items() if name not in CENTER}
    for name, document in CENTER.items():
        # Without parameters a request has no brackets; with them they tell list_permission_sets from its namesakes.
        made[name if name == "list_applications" else f"{name}("] = changes.get(name, copy.deepcopy(document))
    return made


def stated(text: str, changes: Json | None = None, *, account: str = MANAGEMENT) -> Judgement:
    """The verdict on a statement below identity-center, for credentials of an account."""
    declared = estate()
    declared = replace(declared, aws={"main": replace(declared.aws["main"], account=account)})
    return verdict(f"applies-to: aws\nidentity-center: {text}", world(changes or {}), declared)


def people(text: str, changes: Json | None = None, **more: Json) -> Judgement:
    return stated(f"{{accounts: {{'{WORK}': {{people: {text}}}}}}}", changes, **more)


def entitlements(text: str, changes: Json | None = None, **more: Json) -> Judgement:
    return stated(f"{{accounts: {{'{WORK}': {{entitlements: {text}}}}}}}", changes, **more)


def access(person: str, text: str, changes: Json | None = None, **more: Json) -> Judgement:
    return stated(f"{{access: {{{person}: {text}}}}}", changes, **more)


# --- who reaches an account ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, changes, lines",
    [
        ("{ann@one.com: [Read]}", {}, ()),
        ("{ANN@mail.example: [Read]}", {}, ()),
        ("{ann@one.com: [Read]}", NO_APPLICATION, ()),
        ("{}", {"list_account_assignments": []}, ()),
        ("{}", {}, ("undeclared: ann@one.com by Read, assigned through group Ops",)),
        ("{bob@one.com: [Read]}", {"list_account_assignments": []}, ("missing: bob@one.com (Read)",)),
        (
            "{ann@one.com: [Write]}", {},
            ("ann@one.com: missing: Write", "ann@one.com: undeclared: Read (assigned through group Ops)"),
        ),
        (
            "{ann@one.com: [Read]}", {"list_account_assignments": [assigned("GROUP", "ops"), assigned("USER", "bob")]},
            ("undeclared: bob@one.com by Read, assigned",),
        ),
        (
            "{ann@one.com: [Read]}", {"list_users": [user("ann", "DISABLED"), user("bob")]},
            ("missing: ann@one.com (Read): disabled in AWS",),
        ),
        ("{}", {"list_users": [user("ann", "DISABLED"), user("bob")]}, ()),
        ("{}", {"list_users": [user("bob")]}, ()),
        ("{}", {"list_account_assignments": [assigned("GROUP", "gone"), assigned("USER", "gone")]}, ()),
        (
            "{ann@one.com: [Read]}", {"list_entitlements": [entitled({"groupId": "ops"})]},
            ("ann@one.com: undeclared: role/team/Auditor (entitled through group Ops)",),
        ),
        ("{ann@one.com: [Read, role/team/Auditor]}", {"list_entitlements": [entitled({"groupId": "ops"})]}, ()),
        (f"{{ann@one.com: [Read, '{AUDITOR}']}}", {"list_entitlements": [entitled({"userId": "ann"})]}, ()),
        (
            "{ann@one.com: [Read]}", {"list_entitlements": [entitled({"userId": "bob"})]},
            ("undeclared: bob@one.com by role/team/Auditor, entitled",),
        ),
        (
            "{}", {"list_account_assignments": [assigned("GROUP", "ops"), assigned("USER", "ann")]},
            ("undeclared: ann@one.com by Read, assigned through group Ops and assigned",),
        ),
    ],
)  # fmt: skip
def test_everybody_who_comes_into_an_account_is_named_with_the_way(text: str, changes: Json, lines: Json) -> None:
    found = people(text, changes)
    assert (found.verdict, found.differences) == (DRIFT if lines else COMPLIANT, lines)


def test_a_role_is_never_taken_for_the_permission_set_of_its_name() -> None:
    role = f"arn:aws:iam::{WORK}:role/Read"
    given = {"list_account_assignments": [], "list_entitlements": [entitled({"userId": "ann"}, role)]}
    assert people("{ann@one.com: [Read]}", given).verdict is DRIFT
    assert people("{ann@one.com: [role/Read]}", given).verdict is COMPLIANT


@pytest.mark.parametrize("operation", [*CENTER])
def test_people_of_an_account_are_known_only_when_everything_was_read(operation: str) -> None:
    needless = {"list_group_memberships_for_member", "list_accounts_for_provisioned_permission_set"}
    found = people("{ann@one.com: [Read]}", {operation: failed()})
    assert (found.verdict is UNKNOWN) == (operation not in needless)


@pytest.mark.parametrize(
    "changes",
    [
        {"list_users": [{**user("ann"), "UserStatus": "SUSPENDED"}]},
        {"list_account_assignments": [assigned("ROBOT", "ops")]},
        {"list_entitlements": [entitled({"robotId": "ann"})]},
        {"list_entitlements": [entitled({"userId": "ann"}, account=MANAGEMENT)]},
        {"get_application": {"identitySource": {"another": {}}}},
    ],
)
def test_what_no_documentation_knows_is_not_judged(changes: Json) -> None:
    assert people("{ann@one.com: [Read]}", changes).verdict is UNKNOWN


def test_two_names_of_one_person_are_not_two_people() -> None:
    found = people("{ann@one.com: [Read], ann@mail.example: [Read]}")
    assert found.verdict is UNKNOWN
    assert "are one person" in found.reason


def test_whoever_reaches_nothing_is_left_out() -> None:
    text = f"applies-to: aws\nidentity-center: {{accounts: {{'{WORK}': {{people: {{ann@one.com: []}}}}}}}}"
    assert mistakes(text) == ["0.yml:2:69: ann@one.com has nothing; leave out whoever has nothing"]


# --- entitlements ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, changes, lines",
    [
        ("[]", {}, ()),
        ("[]", NO_APPLICATION, ()),
        ("[{group: Ops, role: role/team/Auditor}]", {"list_entitlements": [entitled({"groupId": "ops"})]}, ()),
        (f"[{{group: Ops, role: '{AUDITOR}'}}]", {"list_entitlements": [entitled({"groupId": "ops"})]}, ()),
        (
            "[{group: Ops, role: Auditor}]", {"list_entitlements": [entitled({"groupId": "ops"})]},
            ("missing: group Ops, role Auditor", f"undeclared: group Ops, role {AUDITOR}"),
        ),
        (
            "[]", {"list_entitlements": [entitled({"userId": "gone"})]},
            (f"undeclared: user deleted user gone, role {AUDITOR}",),
        ),
    ],
)  # fmt: skip
def test_entitlements_are_exactly_these(text: str, changes: Json, lines: Json) -> None:
    found = entitlements(text, changes)
    assert (found.verdict, found.differences) == (DRIFT if lines else COMPLIANT, lines)


def test_the_role_of_another_account_is_another_role() -> None:
    elsewhere = AUDITOR.replace(WORK, MANAGEMENT)
    given = {"list_entitlements": [entitled({"groupId": "ops"})]}
    assert entitlements(f"[{{group: Ops, role: '{elsewhere}'}}]", given).verdict is DRIFT


def test_what_leads_from_another_instance_is_not_of_this_one() -> None:
    other = {"identitySource": {"identityCenter": {"instanceArn": "arn:other"}}}
    both = [{"applicationArn": APPLICATION}, {"applicationArn": "arn:foreign"}]
    given = {
        "get_application(applicationArn=arn:foreign": other,
        "list_entitlements(applicationArn=arn:foreign": [entitled({"groupId": "ops"})],
        "list_applications": both,
    }
    assert entitlements("[]", given).verdict is COMPLIANT


ELSEWHERE = f"no application of account access manager is shown to account {WORK}, and {MANAGEMENT} owns the instance"


@pytest.mark.parametrize(
    "text", [f"{{accounts: {{'{WORK}': {{entitlements: []}}}}}}", f"{{accounts: {{'{WORK}': {{people: {{}}}}}}}}",
             "{access: {bob@one.com: {accounts: []}}}", f"{{access: {{bob@one.com: {{'{WORK}': []}}}}}}"],
)  # fmt: skip
def test_seeing_no_application_from_another_account_than_the_owner_says_nothing(text: str) -> None:
    assert stated(text, {**NO_APPLICATION, "list_account_assignments": []}).verdict is COMPLIANT
    found = stated(text, {**NO_APPLICATION, "list_account_assignments": []}, account=WORK)
    assert (found.verdict, found.reason) == (UNKNOWN, ELSEWHERE)
    assert f"declare account {MANAGEMENT}" in found.remedy
    # Whoever is shown the instance's application is shown what belongs to it.
    assert stated(text, {"list_account_assignments": []}, account=WORK).verdict is COMPLIANT


def test_seeing_no_application_outside_of_the_primary_region_says_nothing() -> None:
    instance = {**INSTANCE, "PrimaryRegion": "eu-west-1"}
    found = entitlements("[]", {**NO_APPLICATION, "describe_instance": instance})
    assert found.verdict is UNKNOWN
    assert "the instance's primary Region is eu-west-1" in found.reason
    assert entitlements("[]", {"describe_instance": instance}).verdict is COMPLIANT


# --- what a person reaches -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "person, text, changes, lines",
    [
        ("ann@one.com", "{'%s': [Read]}", {}, ()),
        ("ann@one.com", "{'%s': []}", {}, ("undeclared: Read (assigned through group Ops)",)),
        (
            "ann@one.com", "{'%s': [Read]}", {"list_entitlements": [entitled({"userId": "ann"})]},
            ("undeclared: role/team/Auditor (entitled)",),
        ),
        ("ann@one.com", "{'%s': [Read, role/team/Auditor]}", {"list_entitlements": [entitled({"groupId": "ops"})]}, ()),
        ("ann@one.com", "{'%s': [Read]}", {"list_entitlements": [entitled({"userId": "bob"})]}, ()),
        ("ann@one.com", "{'%s': []}", {"list_users": [user("ann", "DISABLED")]}, ()),
        ("ann@one.com", "{accounts: ['%s']}", {}, ()),
        (
            "ann@one.com", "{accounts: []}", {},
            ("undeclared: 444455556666 (Read, assigned through group Ops)",),
        ),
        ("ann@one.com", "{accounts: []}", {"list_users": [user("ann", "DISABLED")]}, ()),
        (
            "ann@one.com", "{accounts: ['%s']}",
            {"list_entitlements": [entitled({"userId": "ann"}, AUDITOR.replace(WORK, MANAGEMENT), MANAGEMENT)]},
            ("undeclared: 111122223333 (role/team/Auditor, entitled)",),
        ),
        (
            "bob@one.com", "{accounts: []}", {"list_group_memberships_for_member": []}, (),
        ),
    ],
)  # fmt: skip
def test_a_person_reaches_what_all_ways_lead_to(person: str, text: str, changes: Json, lines: Json) -> None:
    found = access(person, text % WORK if "%" in text else text, changes)
    assert (found.verdict, found.differences) == (DRIFT if lines else COMPLIANT, lines)


def test_somebody_who_is_not_there_is_no_proof_that_nothing_is_reached() -> None:
    found = access("nobody@one.com", "{accounts: []}")
    assert (found.verdict, found.reason) == (DRIFT, "there is no Identity Center user nobody@one.com of aws-main")


def test_every_assignment_is_walked_over_the_pairs_that_are_provisioned() -> None:
    def pair(account: str, arn: str) -> str:
        instance = INSTANCE["InstanceArn"]
        return f"list_account_assignments(InstanceArn={instance}, AccountId={account}, PermissionSetArn={arn})"

    third = "777788889999"
    given = {
        "list_accounts_for_provisioned_permission_set(InstanceArn=arn:aws:sso:::instance/ssoins-7223f1a2b3c4d5e6, "
        "PermissionSetArn=arn:write)": [third],
        pair(WORK, "arn:read"): [assigned("GROUP", "ops")],
        pair(third, "arn:write"): [assigned("USER", "ann", "arn:write", third)],
        # Whatever else is asked for has no answer, and would leave the check unknown.
        "list_account_assignments": failed(),
        "list_permission_sets": ["arn:read", "arn:write"],
    }
    found = access("ann@one.com", f"{{accounts: ['{WORK}', '{third}']}}", given)
    assert found.verdict is COMPLIANT
    asked = [str(request) for request in found.evidence if request.operation == "list_account_assignments"]
    assert len(asked) == 2


@pytest.mark.parametrize("operation", [*CENTER])
def test_what_a_person_reaches_is_known_only_when_everything_was_read(operation: str) -> None:
    needless = {
        "list_groups", "list_group_memberships", "list_permission_sets_provisioned_to_account",
        "describe_permission_set",
    }  # fmt: skip
    found = access("ann@one.com", f"{{accounts: ['{WORK}']}}", {operation: failed()})
    assert (found.verdict is UNKNOWN) == (operation not in needless)


# --- the management account, and other instances ---------------------------------------------------------------------


def refused(account: str) -> Failed:
    return replace(failed("sso:ListX is denied", "allow sso:ListX to the profile audit"), refused=account)


@pytest.mark.parametrize(
    "account, by, remedy",
    [
        (MANAGEMENT, WORK, f"declare account {MANAGEMENT}, the management account, with a credential of its own"),
        (MANAGEMENT, MANAGEMENT, "allow sso:ListX to the profile audit (reading it"),
        (WORK, WORK, "allow sso:ListX to the profile audit (reading it"),
    ],
)
def test_a_delegate_is_sent_to_the_management_account_for_what_concerns_it(account: str, by: str, remedy: str) -> None:
    text = f"{{accounts: {{'{account}': {{assignments: []}}}}}}"
    found = stated(text, {"list_permission_sets_provisioned_to_account": refused(by)}, account=by)
    assert found.verdict is UNKNOWN
    assert found.remedy.startswith(remedy)


def test_so_is_a_delegate_who_asks_what_the_management_account_holds() -> None:
    given = {
        "list_permission_sets_provisioned_to_account": refused(WORK),
        "describe_organization": {"MasterAccountId": MANAGEMENT},
    }
    found = stated("{management-account-permission-sets: []}", given, account=WORK)
    assert found.verdict is UNKNOWN
    assert found.remedy.startswith(f"declare account {MANAGEMENT}, the management account")


def test_a_refused_permission_set_may_be_one_of_the_management_account() -> None:
    given = {"list_accounts_for_provisioned_permission_set": refused(WORK)}
    found = access("ann@one.com", f"{{accounts: ['{WORK}']}}", given, account=WORK)
    assert found.verdict is UNKNOWN
    assert "if the permission set is in the management account too, declare account 111122223333" in found.remedy


OTHER = {"InstanceArn": "arn:aws:sso:::instance/ssoins-6684a0b1c2d3e4f5", "OwnerAccountId": WORK, "Name": "Sandbox"}
SEEN = "arn:aws:sso:::instance/ssoins-6684a0b1c2d3e4f5 of account 444455556666, called Sandbox"


def instances(text: str, visible: list[Json], pinned: str = INSTANCE["InstanceArn"]) -> Judgement:
    declared = estate()
    declared = replace(declared, aws={"main": replace(declared.aws["main"], instance=pinned)})
    policy = f"applies-to: aws\nidentity-center: {{undeclared-instances: {text}}}"
    return verdict(policy, {"list_instances": answered(visible)}, declared)


@pytest.mark.parametrize(
    "text, visible, pinned, lines",
    [
        ("forbidden", [INSTANCE], INSTANCE["InstanceArn"], ()),
        ("forbidden", [INSTANCE], "", ()),
        ("forbidden", [INSTANCE, OTHER], INSTANCE["InstanceArn"], (SEEN,)),
        (f"{{forbidden: {{except: ['{OTHER['InstanceArn']}']}}}}", [INSTANCE, OTHER], INSTANCE["InstanceArn"], ()),
        (f"{{forbidden: {{except: ['{WORK}']}}}}", [INSTANCE, OTHER], INSTANCE["InstanceArn"], ()),
        ("{forbidden: {except: [Sandbox]}}", [INSTANCE, OTHER], INSTANCE["InstanceArn"], (SEEN,)),
    ],
)
def test_other_instances_are_named_unless_they_are_excepted(text: str, visible: Json, pinned: str, lines: Json) -> None:
    found = instances(text, visible, pinned)
    assert (found.verdict, found.differences) == (DRIFT if lines else COMPLIANT, lines)


def test_of_several_instances_none_is_declared_until_one_is_pinned() -> None:
    found = instances("forbidden", [INSTANCE, OTHER], "")
    assert (found.verdict, len(found.differences)) == (DRIFT, 2)


@pytest.mark.parametrize("visible", [[], [OTHER]])
def test_seeing_others_but_not_the_declared_one_says_nothing(visible: Json) -> None:
    assert instances("forbidden", visible).verdict is UNKNOWN
