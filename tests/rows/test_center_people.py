"""The same people on both ends, and what assignments leave behind: judged on hand-made documents."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rows.center import ROLE, members, view
from xtcheck.errors import Uninterpretable
from xtcheck.kinds.app_roles import NO_ROLE

Json = Any

ISSUER = "https://scim.aws.com/1"
ANN = {"id": "a", "userPrincipalName": "ann@x.org", "accountEnabled": True}
BOB = {"id": "b", "userPrincipalName": "bob@x.org", "accountEnabled": True}
OFF = {"id": "o", "userPrincipalName": "off@x.org", "accountEnabled": False}
GROUP = {"principalType": "Group", "principalId": "g", "principalDisplayName": "Ops", "appRoleId": "r"}
APP = {"id": "sp", "appRoles": [ROLE]}


def entitled(user: Json, role: str = "r") -> Json:
    who = {"principalType": "User", "principalId": user["id"], "principalDisplayName": user["userPrincipalName"]}
    return {**who, "appRoleId": role}


def member(user: Json, kind: str = "user") -> Json:
    return {"@odata.type": f"#microsoft.graph.{kind}", **user, "@of": "g"}


def in_aws(user: Json, status: str = "ENABLED", external: str | None = "", issuer: str = ISSUER) -> Json:
    ids = [{"Issuer": issuer, "Id": external or user["id"]}] if external is not None else []
    return {
        "UserId": f"aws-{user['id']}",
        "UserName": user["userPrincipalName"],
        "UserStatus": status,
        "ExternalIds": ids,
    }


def users(*, there: list[Json], assigned: list[Json], inside: tuple[Json, ...] = ()) -> Json:
    ids = {item["principalId"] for item in assigned}
    documents = {
        "aws_app": APP,
        "aws_app_assignments": assigned,
        "assigned_members": members(*inside),
        "assigned_users": [user for user in (ANN, BOB, OFF) if user["id"] in ids],
    }
    return view("people", "users", center_users=there, **documents)


def test_the_same_people_are_as_assigned() -> None:
    assert users(there=[in_aws(ANN), in_aws(BOB)], assigned=[entitled(ANN), GROUP], inside=(member(BOB),)) == []


def test_who_has_the_default_access_role_is_not_provisioned() -> None:
    there = [in_aws(ANN), in_aws(BOB)]
    assert users(there=there, assigned=[entitled(ANN, NO_ROLE), entitled(BOB)]) == ["not assigned: ann@x.org"]
    members_of_nobody = [{**GROUP, "appRoleId": NO_ROLE}]
    assert users(there=[in_aws(ANN)], assigned=members_of_nobody, inside=(member(ANN),)) == ["not assigned: ann@x.org"]
    assert users(there=[in_aws(ANN)], assigned=[entitled(ANN, NO_ROLE), entitled(ANN)]) == []


def test_who_was_not_provisioned_is_missing() -> None:
    assert users(there=[], assigned=[entitled(ANN)]) == ["missing: ann@x.org"]


def test_who_is_disabled_in_entra_need_not_be_there() -> None:
    assert users(there=[], assigned=[entitled(OFF)]) == []


def test_who_is_disabled_on_one_end_only_is_named_with_that_end() -> None:
    assert users(there=[in_aws(ANN, "DISABLED")], assigned=[entitled(ANN)]) == [
        "disabled in AWS, enabled in Entra: ann@x.org"
    ]
    assert users(there=[in_aws(OFF)], assigned=[entitled(OFF)]) == ["enabled in AWS, disabled in Entra: off@x.org"]


def test_who_is_no_longer_assigned_and_still_enabled_is_named() -> None:
    assert users(there=[in_aws(BOB)], assigned=[]) == ["not assigned: bob@x.org"]
    assert users(there=[in_aws(BOB, "DISABLED")], assigned=[]) == []


def test_an_older_template_writes_another_external_id_and_the_user_name_joins() -> None:
    assert users(there=[in_aws(ANN, external="ann")], assigned=[entitled(ANN)]) == []


def test_another_user_name_is_no_sign_in() -> None:
    renamed = {**in_aws(ANN), "UserName": "anna@x.org"}
    assert users(there=[renamed], assigned=[entitled(ANN)]) == [
        "ann@x.org is anna@x.org in AWS: sign-in compares user names"
    ]


@pytest.mark.parametrize("external, said", [
    ("", ["weiß@x.org is WEISS@x.org in AWS: sign-in compares user names"]),
    ("other", ["missing: weiß@x.org", "not assigned: WEISS@x.org"]),
])  # fmt: skip
def test_letters_without_a_single_one_of_the_other_case_make_another_name(external: str, said: list[str]) -> None:
    there = {**in_aws(ANN, external=external), "UserName": "WEISS@x.org"}
    sharp = member({**ANN, "userPrincipalName": "weiß@x.org"})
    assert users(there=[there], assigned=[GROUP], inside=(sharp,)) == said


def test_an_assignment_of_nobody_knows_whom_is_not_left_out() -> None:
    with pytest.raises(Uninterpretable, match="principalType"):
        users(there=[], assigned=[{**GROUP, "principalType": None}])


def test_a_group_inside_a_group_is_not_looked_into() -> None:
    assert users(there=[], assigned=[GROUP], inside=(member(ANN, "group"),)) == []


def test_a_user_without_status_is_not_understood() -> None:
    with pytest.raises(Uninterpretable):
        users(there=[in_aws(ANN, "SUSPENDED")], assigned=[entitled(ANN)])


def test_somebody_assigned_who_is_no_user_of_the_tenant_is_not_understood() -> None:
    with pytest.raises(Uninterpretable):
        users(there=[], assigned=[entitled({"id": "z", "userPrincipalName": "z"})])


@pytest.mark.parametrize("hidden", ["userPrincipalName", "accountEnabled"])
@pytest.mark.parametrize("as_member", [True, False])
def test_somebody_of_whom_not_all_is_shown_is_not_understood(hidden: str, *, as_member: bool) -> None:
    """Without User.Read.All the service gives null for what it does not show."""
    shown = {**ANN, hidden: None}
    documents: Json = {
        "aws_app": APP,
        "aws_app_assignments": [GROUP if as_member else entitled(ANN)],
        "assigned_members": members(*([member(shown)] if as_member else [])),
        "assigned_users": [] if as_member else [shown],
    }
    with pytest.raises(Uninterpretable, match=hidden):
        view("people", "users", center_users=[in_aws(ANN)], **documents)


def test_members_that_lack_and_members_besides_are_named_with_their_group() -> None:
    group = {"GroupId": "aws-g", "DisplayName": "Ops", "ExternalIds": [{"Issuer": ISSUER, "Id": "g"}]}
    found = view(
        "people", "memberships",
        aws_app=APP, aws_app_assignments=[GROUP, entitled(BOB)],
        assigned_members=members(member(ANN)), assigned_users=[BOB],
        center_users=[in_aws(ANN), in_aws(BOB)], center_groups=[group],
        all_memberships=[{"GroupId": "aws-g", "MemberId": {"UserId": "aws-b"}}],
    )  # fmt: skip
    assert found == ["Ops lacks ann@x.org", "Ops has bob@x.org besides"]


def test_two_issuers_are_two() -> None:
    there = [in_aws(ANN), in_aws(BOB, issuer="https://scim.aws.com/2")]
    found = view("identity-store", "scim-issuers", center_users=there, center_groups=[])
    assert found == [ISSUER, "https://scim.aws.com/2"]


def test_who_was_made_by_hand_is_unmanaged() -> None:
    there = [in_aws(ANN), in_aws(BOB, external=None)]
    assert view("people", "unmanaged-users", center_users=there) == ["bob@x.org"]


def assignment(kind: str, id_: str) -> Json:
    return {"PermissionSetArn": "arn", "PrincipalType": kind, "PrincipalId": id_}


def of_account(key: str, assignments: list[Json]) -> Json:
    return view(
        "account-assignments", key,
        account_assignments=assignments, permission_sets=[{"PermissionSetArn": "arn", "Name": "Read"}],
        center_users=[in_aws(ANN)], center_groups=[{"GroupId": "aws-g", "DisplayName": "Ops"}],
        provisioned_sets=["arn", "arn2"],
    )  # fmt: skip


def test_deleted_principals_are_orphans_and_living_ones_are_not() -> None:
    given = [assignment("USER", "aws-a"), assignment("GROUP", "aws-g"), assignment("GROUP", "gone")]
    assert of_account("orphaned-assignments", given) == ["deleted group gone has Read"]


def test_a_user_with_an_assignment_of_their_own_is_named_once() -> None:
    assert of_account("direct-user-assignments", [assignment("USER", "aws-a")] * 2) == ["ann@x.org"]


def test_a_permission_set_without_anybody_is_named() -> None:
    assert of_account("provisioned-without-assignment", [assignment("GROUP", "aws-g")]) == ["arn2"]


def test_the_network_lets_anybody_in_until_it_asks_for_endpoints() -> None:
    open_ = view("identity-store-network", "scim-allow-list", identity_store_network={"IdentityStoreId": "d-1"})
    assert open_ == ["anywhere"]
    closed = {"NetworkConfiguration": {"VpceAccessRequired": True, "ScimAllowSourceIps": []}}
    assert view("identity-store-network", "scim-allow-list", identity_store_network=closed) == []
