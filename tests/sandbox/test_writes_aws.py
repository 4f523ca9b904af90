"""Writing IAM Identity Center with boto3: permission sets, their provisioning, assignments; who may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.aws_client import client, refusal
from xtcheck.sandbox import Sandbox
from xtcheck.sandbox.aws import ids, world
from xtcheck.sandbox.wire import Json

INSTANCE = {"InstanceArn": world.INSTANCE}
READ_ONLY = {**INSTANCE, "PermissionSetArn": world.READ_ONLY}
VIEW = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
GROUP = ids.group_id(world.STORE, world.GROUP)
STALE = "LATEST_PERMISSION_SET_NOT_PROVISIONED"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox("blog") as running:
        running.state.snapshot()
        yield running


@pytest.fixture
def blog(sandbox: Sandbox) -> Iterator[Json]:
    yield sandbox.state.tree["aws"]["main"]
    sandbox.state.restore()
    sandbox.state.polls = 1


def writer(sandbox: Sandbox, service: str) -> Any:
    write = sandbox.connection["aws"]["main"]["write"]
    return client(
        sandbox,
        service,
        aws_access_key_id=write["access-key-id"],
        aws_secret_access_key=write["secret-access-key"],
    )


@pytest.fixture(scope="module")
def sso(sandbox: Sandbox) -> Any:
    return writer(sandbox, "sso-admin")


def assignment(**changed: str) -> dict[str, str]:
    return {
        **READ_ONLY, "TargetId": world.WORKLOADS, "TargetType": "AWS_ACCOUNT", "PrincipalType": "GROUP",
        "PrincipalId": GROUP, **changed,
    }  # fmt: skip


def rows(sso: Any, account: str = world.WORKLOADS, arn: str = world.READ_ONLY) -> list[tuple[str, str]]:
    found = sso.list_account_assignments(**INSTANCE, AccountId=account, PermissionSetArn=arn)["AccountAssignments"]
    return [(each["PrincipalType"], each["PrincipalId"]) for each in found]


def polled(sso: Any, made: Json) -> list[str]:
    """The statuses of an assignment's creation until it is done."""
    return _followed(
        lambda: sso.describe_account_assignment_creation_status(
            **INSTANCE, AccountAssignmentCreationRequestId=made["RequestId"]
        )["AccountAssignmentCreationStatus"]
    )


def _followed(look: Any) -> list[str]:
    seen: list[str] = []
    while not seen or seen[-1] == "IN_PROGRESS":
        seen.append(look()["Status"])
    return seen


# Permission sets


def test_a_permission_set_is_made_with_an_hours_session(sso: Any, blog: Json) -> None:
    made = sso.create_permission_set(**INSTANCE, Name="Audit", Tags=[{"Key": "a", "Value": "b"}])["PermissionSet"]
    assert (made["Name"], made["SessionDuration"], "Description" in made) == ("Audit", "PT1H", False)
    arn = made["PermissionSetArn"]
    assert sso.describe_permission_set(**INSTANCE, PermissionSetArn=arn)["PermissionSet"] == made
    assert sso.list_tags_for_resource(**INSTANCE, ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    assert arn in sso.list_permission_sets(**INSTANCE)["PermissionSets"]
    assert refusal(sso.create_permission_set, **INSTANCE, Name="Audit")[0] == "ConflictException"
    sso.delete_permission_set(**INSTANCE, PermissionSetArn=arn)
    assert refusal(sso.describe_permission_set, **INSTANCE, PermissionSetArn=arn)[0] == "ResourceNotFoundException"
    again = sso.create_permission_set(**INSTANCE, Name="Audit")["PermissionSet"]
    assert again["PermissionSetArn"] != arn


def test_an_update_replaces_and_is_stale_until_it_is_provisioned(sso: Any, blog: Json) -> None:
    sso.update_permission_set(**READ_ONLY, Description="Reads", SessionDuration="PT4H", RelayState="https://x.example")
    held = sso.describe_permission_set(**READ_ONLY)["PermissionSet"]
    assert (held["Description"], held["SessionDuration"]) == ("Reads", "PT4H")
    sso.update_permission_set(**READ_ONLY, Description="Reads more")
    held = sso.describe_permission_set(**READ_ONLY)["PermissionSet"]
    assert (held["Description"], held["SessionDuration"], "RelayState" in held) == ("Reads more", "PT1H", False)
    stale = {**INSTANCE, "AccountId": world.WORKLOADS, "ProvisioningStatus": STALE}
    assert sso.list_permission_sets_provisioned_to_account(**stale)["PermissionSets"] == [world.READ_ONLY]
    begun = sso.provision_permission_set(**READ_ONLY, TargetType="ALL_PROVISIONED_ACCOUNTS")
    request = begun["PermissionSetProvisioningStatus"]["RequestId"]
    statuses = _followed(
        lambda: sso.describe_permission_set_provisioning_status(**INSTANCE, ProvisionPermissionSetRequestId=request)[
            "PermissionSetProvisioningStatus"
        ]
    )
    assert statuses == ["IN_PROGRESS", "SUCCEEDED"]
    assert sso.list_permission_sets_provisioned_to_account(**stale)["PermissionSets"] == []
    listed = sso.list_permission_set_provisioning_status(**INSTANCE)["PermissionSetsProvisioningStatus"]
    assert [each["Status"] for each in listed] == ["SUCCEEDED"]


def test_policies_are_attached_once_and_detached(sso: Any, blog: Json) -> None:
    sso.attach_managed_policy_to_permission_set(**READ_ONLY, ManagedPolicyArn=VIEW)
    attached = sso.list_managed_policies_in_permission_set(**READ_ONLY)["AttachedManagedPolicies"]
    assert {"Name": "ViewOnlyAccess", "Arn": VIEW} in attached
    again = refusal(sso.attach_managed_policy_to_permission_set, **READ_ONLY, ManagedPolicyArn=VIEW)
    assert again[0] == "ConflictException"
    sso.detach_managed_policy_from_permission_set(**READ_ONLY, ManagedPolicyArn=VIEW)
    gone = refusal(sso.detach_managed_policy_from_permission_set, **READ_ONLY, ManagedPolicyArn=VIEW)
    assert gone[0] == "ResourceNotFoundException"
    own = {"CustomerManagedPolicyReference": {"Name": "Own", "Path": "/x/"}}
    sso.attach_customer_managed_policy_reference_to_permission_set(**READ_ONLY, **own)
    references = sso.list_customer_managed_policy_references_in_permission_set(**READ_ONLY)
    assert references["CustomerManagedPolicyReferences"] == [own["CustomerManagedPolicyReference"]]
    sso.detach_customer_managed_policy_reference_from_permission_set(**READ_ONLY, **own)


def test_more_policies_than_the_quota_are_refused(sso: Any, blog: Json) -> None:
    for number in range(24):
        sso.attach_managed_policy_to_permission_set(**READ_ONLY, ManagedPolicyArn=f"arn:aws:iam::aws:policy/P{number}")
    more = refusal(sso.attach_managed_policy_to_permission_set, **READ_ONLY, ManagedPolicyArn=VIEW)
    assert more[0] == "ServiceQuotaExceededException"


def test_inline_policy_and_boundary_are_put_and_deleted(sso: Any, blog: Json) -> None:
    assert refusal(sso.put_inline_policy_to_permission_set, **READ_ONLY, InlinePolicy="no")[0] == "ValidationException"
    sso.put_inline_policy_to_permission_set(**READ_ONLY, InlinePolicy=POLICY)
    assert sso.get_inline_policy_for_permission_set(**READ_ONLY)["InlinePolicy"] == POLICY
    sso.delete_inline_policy_from_permission_set(**READ_ONLY)
    assert refusal(sso.delete_inline_policy_from_permission_set, **READ_ONLY)[0] == "ResourceNotFoundException"
    sso.put_permissions_boundary_to_permission_set(**READ_ONLY, PermissionsBoundary={"ManagedPolicyArn": VIEW})
    boundary = sso.get_permissions_boundary_for_permission_set(**READ_ONLY)["PermissionsBoundary"]
    assert boundary == {"ManagedPolicyArn": VIEW}
    sso.delete_permissions_boundary_from_permission_set(**READ_ONLY)
    assert refusal(sso.delete_permissions_boundary_from_permission_set, **READ_ONLY)[0] == "ResourceNotFoundException"


def test_tags_are_set_by_key(sso: Any, blog: Json) -> None:
    on = {**INSTANCE, "ResourceArn": world.READ_ONLY}
    sso.tag_resource(**on, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sso.tag_resource(**on, Tags=[{"Key": "a", "Value": "3"}])
    sso.untag_resource(**on, TagKeys=["b", "c"])
    assert sso.list_tags_for_resource(**on)["Tags"] == [{"Key": "a", "Value": "3"}]
    provisioned = sso.list_permission_sets_provisioned_to_account(**INSTANCE, AccountId=world.WORKLOADS)
    assert provisioned["PermissionSets"] == [world.READ_ONLY]


def test_a_permission_set_in_use_is_not_deleted(sso: Any, blog: Json) -> None:
    assert refusal(sso.delete_permission_set, **READ_ONLY)[0] == "ConflictException"


@pytest.mark.parametrize(
    "target", [{"TargetType": "AWS_ACCOUNT"}, {"TargetType": "ALL_PROVISIONED_ACCOUNTS", "TargetId": world.WORKLOADS}]
)
def test_provisioning_says_where(sso: Any, blog: Json, target: dict[str, str]) -> None:
    assert refusal(sso.provision_permission_set, **READ_ONLY, **target)[0] == "ValidationException"


# Assignments


def test_an_assignment_is_made_later_than_it_is_accepted(sso: Any, blog: Json) -> None:
    arn = sso.create_permission_set(**INSTANCE, Name="Audit")["PermissionSet"]["PermissionSetArn"]
    made = sso.create_account_assignment(**assignment(PermissionSetArn=arn))["AccountAssignmentCreationStatus"]
    assert made["Status"] == "IN_PROGRESS"
    assert rows(sso, arn=arn) == []
    assert polled(sso, made) == ["IN_PROGRESS", "SUCCEEDED"]
    assert rows(sso, arn=arn) == [("GROUP", GROUP)]
    # The first assignment has provisioned the permission set.
    assert sso.list_accounts_for_provisioned_permission_set(**INSTANCE, PermissionSetArn=arn)["AccountIds"] == [
        world.WORKLOADS
    ]


def test_what_nobody_looks_at_is_done_all_the_same(sandbox: Sandbox, sso: Any, blog: Json) -> None:
    sso.delete_account_assignment(**assignment())
    assert rows(sso) == [("GROUP", GROUP)]
    sandbox.state.clock.advance(timedelta(seconds=10))
    assert rows(sso) == []
    assert sso.list_accounts_for_provisioned_permission_set(**READ_ONLY)["AccountIds"] == []


def test_repeating_an_assignment_is_accepted_and_makes_no_second(sso: Any, blog: Json) -> None:
    made = sso.create_account_assignment(**assignment())["AccountAssignmentCreationStatus"]
    assert polled(sso, made)[-1] == "SUCCEEDED"
    assert rows(sso) == [("GROUP", GROUP)]


def test_an_assignment_of_nobody_fails_later(sso: Any, blog: Json) -> None:
    nobody = "9067f1a2b3-00000000-0000-4000-8000-000000000000"
    made = sso.create_account_assignment(**assignment(PrincipalId=nobody))["AccountAssignmentCreationStatus"]
    assert polled(sso, made) == ["IN_PROGRESS", "FAILED"]
    failed = sso.list_account_assignment_creation_status(**INSTANCE, Filter={"Status": "FAILED"})
    assert [each["RequestId"] for each in failed["AccountAssignmentsCreationStatus"]] == [made["RequestId"]]
    assert rows(sso) == [("GROUP", GROUP)]


def test_two_requests_for_one_permission_set_and_account_conflict(sso: Any, blog: Json) -> None:
    made = sso.delete_account_assignment(**assignment())["AccountAssignmentDeletionStatus"]
    assert refusal(sso.create_account_assignment, **assignment())[0] == "ConflictException"
    assert refusal(sso.update_permission_set, **READ_ONLY)[0] == "ConflictException"
    assert refusal(sso.provision_permission_set, **READ_ONLY, TargetType="ALL_PROVISIONED_ACCOUNTS")[0] == (
        "ConflictException"
    )
    elsewhere = sso.create_account_assignment(**assignment(TargetId=world.MANAGEMENT))
    assert polled(sso, elsewhere["AccountAssignmentCreationStatus"])[-1] == "SUCCEEDED"
    statuses = _followed(
        lambda: sso.describe_account_assignment_deletion_status(
            **INSTANCE, AccountAssignmentDeletionRequestId=made["RequestId"]
        )["AccountAssignmentDeletionStatus"]
    )
    assert statuses[-1] == "SUCCEEDED"
    assert rows(sso) == []


def test_how_often_a_status_is_looked_at_can_be_set(sandbox: Sandbox, sso: Any, blog: Json) -> None:
    sandbox.state.polls = 3
    made = sso.create_account_assignment(**assignment())["AccountAssignmentCreationStatus"]
    assert polled(sso, made) == ["IN_PROGRESS"] * 3 + ["SUCCEEDED"]


@pytest.mark.parametrize(
    "change", [{"TargetId": "999999999999"}, {"PermissionSetArn": f"{world.READ_ONLY[:-16]}0000000000000000"}]
)
def test_an_assignment_to_what_is_not_there_is_refused(sso: Any, blog: Json, change: dict[str, str]) -> None:
    assert refusal(sso.create_account_assignment, **assignment(**change))[0] == "ResourceNotFoundException"


# The instance, and who may


def test_attributes_for_access_control_are_made_changed_and_deleted(sso: Any, blog: Json) -> None:
    def body(*keys: str) -> Json:
        attributes = [{"Key": key, "Value": {"Source": ["${path:name.familyName}"]}} for key in keys]
        return {**INSTANCE, "InstanceAccessControlAttributeConfiguration": {"AccessControlAttributes": attributes}}

    create, update = (getattr(sso, f"{verb}_instance_access_control_attribute_configuration")
                      for verb in ("create", "update"))  # fmt: skip
    assert refusal(update, **body("a"))[0] == "ResourceNotFoundException"
    create(**body("a"))
    assert refusal(create, **body("a"))[0] == "ConflictException"
    update(**body("b", "c"))
    found = sso.describe_instance_access_control_attribute_configuration(**INSTANCE)
    assert found["Status"] == "ENABLED"
    told = found["InstanceAccessControlAttributeConfiguration"]["AccessControlAttributes"]
    assert [each["Key"] for each in told] == ["b", "c"]
    sso.delete_instance_access_control_attribute_configuration(**INSTANCE)
    assert refusal(update, **body("a"))[0] == "ResourceNotFoundException"


def test_an_instance_is_renamed(sso: Any, blog: Json) -> None:
    sso.update_instance(**INSTANCE, Name="Company")
    assert sso.describe_instance(**INSTANCE)["Name"] == "Company"
    assert refusal(sso.update_instance, **INSTANCE, PermissionSetsEnabled=False)[0] == "ValidationException"


def test_the_network_of_an_identity_store_is_replaced_whole(sandbox: Sandbox, blog: Json) -> None:
    store = writer(sandbox, "identitystore")
    for network in ({"VpceAccessRequired": True, "ScimAllowSourceIps": ["203.0.113.0/24"]},
                    {"VpceAccessRequired": False}):  # fmt: skip
        store.update_identity_store(IdentityStoreId=world.STORE, NetworkConfiguration=network)
        assert store.describe_identity_store(IdentityStoreId=world.STORE)["NetworkConfiguration"] == network


def test_people_of_the_identity_store_are_not_written(sandbox: Sandbox, blog: Json) -> None:
    store = writer(sandbox, "identitystore")
    assert refusal(store.create_group, IdentityStoreId=world.STORE, DisplayName="x")[0] == "SandboxNotImplemented"


def test_one_account_administers_identity_center(sandbox: Sandbox, blog: Json) -> None:
    organizations = writer(sandbox, "organizations")
    asked = {"AccountId": world.WORKLOADS, "ServicePrincipal": "sso.amazonaws.com"}
    organizations.register_delegated_administrator(**asked)
    assert refusal(organizations.register_delegated_administrator, **asked)[0] == "AccountAlreadyRegisteredException"
    listed = organizations.list_delegated_administrators(ServicePrincipal="sso.amazonaws.com")
    assert [each["Id"] for each in listed["DelegatedAdministrators"]] == [world.WORKLOADS]
    organizations.deregister_delegated_administrator(**asked)
    assert refusal(organizations.deregister_delegated_administrator, **asked)[0] == "AccountNotRegisteredException"


def test_the_auditor_writes_nothing(sandbox: Sandbox, blog: Json) -> None:
    auditor = client(sandbox, "sso-admin")
    before = json.dumps(blog)
    calls = (
        (auditor.create_permission_set, {**INSTANCE, "Name": "x"}),
        (auditor.update_permission_set, READ_ONLY),
        (auditor.create_account_assignment, assignment()),
        (auditor.tag_resource, {**INSTANCE, "ResourceArn": world.READ_ONLY, "Tags": []}),
    )
    for call, parameters in calls:
        assert refusal(call, **parameters)[0] == "AccessDeniedException"
    assert json.dumps(blog) == before


def test_a_delegated_administrator_leaves_the_management_account_alone(sandbox: Sandbox, blog: Json) -> None:
    blog["delegatedAdministrators"] = [blog["accounts"][world.WORKLOADS]]
    blog["callers"][world.BLOG.writing_key]["account"] = world.WORKLOADS
    sso = writer(sandbox, "sso-admin")
    assert refusal(sso.create_account_assignment, **assignment(TargetId=world.MANAGEMENT))[0] == (
        "AccessDeniedException"
    )
    blog["permissionSets"][world.READ_ONLY]["provisioned"][world.MANAGEMENT] = "LATEST_PERMISSION_SET_PROVISIONED"
    assert refusal(sso.update_permission_set, **READ_ONLY)[0] == "AccessDeniedException"


def test_writes_are_told_from_reads_in_the_log_with_what_they_said(sandbox: Sandbox, sso: Any, blog: Json) -> None:
    sandbox.state.log.clear()
    sso.describe_permission_set(**READ_ONLY)
    sso.update_permission_set(**READ_ONLY, Description="x")
    read, written = sandbox.state.log.entries
    assert (read.write, written.write, written.path) == (False, True, "UpdatePermissionSet")
    assert written.facts["body"] == {**READ_ONLY, "Description": "x"}
    assert "body" not in read.facts


def test_entitlements_are_made_once_and_deleted(sandbox: Sandbox, blog: Json) -> None:
    arn = f"arn:aws:account-access:us-east-1:{world.MANAGEMENT}:application/app-0123456789abcdef"
    moment = "2026-08-01T12:00:00Z"
    source = {"identityCenter": {"instanceArn": world.INSTANCE}}
    application = {"identitySource": source, "status": "ACTIVE", "createdAt": moment, "updatedAt": moment}
    blog["accountAccess"]["applications"][arn] = {"applicationArn": arn, **application}
    access = writer(sandbox, "account-access")
    role = f"arn:aws:iam::{world.WORKLOADS}:role/Builder"
    wanted = {"principalRole": {"principal": {"identityCenter": {"groupId": GROUP}}, "roleArn": role}}
    made = access.create_entitlement(applicationArn=arn, entitlement=wanted)["entitlementId"]
    again = refusal(access.create_entitlement, applicationArn=arn, entitlement=wanted)
    assert again[0] == "ConflictException"
    listed = access.list_entitlements(applicationArn=arn, filter={"principalRole": {"account": world.WORKLOADS}})
    assert [each["entitlementId"] for each in listed["entitlements"]] == [made]
    access.delete_entitlement(applicationArn=arn, entitlementId=made)
    gone = refusal(access.delete_entitlement, applicationArn=arn, entitlementId=made)
    assert gone[0] == "ResourceNotFoundException"


def test_a_region_more_takes_a_key_of_ones_own(sso: Any, blog: Json) -> None:
    asked = {**INSTANCE, "RegionName": "eu-west-1"}
    assert refusal(sso.add_region, **asked)[0] == "ValidationException"
    key = {"KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/x"}
    blog["instances"][world.INSTANCE]["EncryptionConfigurationDetails"] |= key
    assert sso.add_region(**asked)["Status"] == "ADDING"
    assert refusal(sso.add_region, **asked)[0] == "ConflictException"
    regions = [each["RegionName"] for each in sso.list_regions(**INSTANCE)["Regions"]]
    assert regions == [world.REGION, "eu-west-1"]
    assert sso.remove_region(**asked)["Status"] == "REMOVING"
    assert refusal(sso.remove_region, **asked)[0] == "ResourceNotFoundException"
    assert refusal(sso.remove_region, **INSTANCE, RegionName=world.REGION)[0] == "ValidationException"
