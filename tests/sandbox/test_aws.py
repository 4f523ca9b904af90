"""The AWS half of the sandbox, seen by an unmodified boto3 over TLS."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.sandbox.aws_client import client, paged, refusal
from xtcheck.sandbox import Sandbox, drift
from xtcheck.sandbox.aws import error, shapes, world
from xtcheck.sandbox.aws.dispatch import READS, SERVICES
from xtcheck.sandbox.wire import Json

STORE = {"IdentityStoreId": world.STORE}
INSTANCE = {"InstanceArn": world.INSTANCE}
READ_ONLY = INSTANCE | {"PermissionSetArn": world.READ_ONLY}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox("blog") as running:
        running.state.snapshot()
        yield running


@pytest.fixture(autouse=True)
def blog(sandbox: Sandbox) -> Iterator[Json]:
    """The AWS entry of the tree, whole again after each test."""
    yield sandbox.state.tree["aws"]["main"]
    sandbox.state.restore()
    sandbox.state.page_size, sandbox.state.page_sizes = 100, {}


@pytest.fixture(scope="module")
def sso(sandbox: Sandbox) -> Any:
    return client(sandbox, "sso-admin")


@pytest.fixture(scope="module")
def store(sandbox: Sandbox) -> Any:
    return client(sandbox, "identitystore")


@pytest.fixture(scope="module")
def organizations(sandbox: Sandbox) -> Any:
    return client(sandbox, "organizations")


# Who calls


def test_sts_tells_who_the_caller_is(sandbox: Sandbox) -> None:
    identity = client(sandbox, "sts").get_caller_identity()
    assert identity["Account"] == world.MANAGEMENT
    assert identity["Arn"] == "arn:aws:iam::111122223333:user/xtcheck-auditor"


@pytest.mark.parametrize(
    "service,operation,changed,code",
    [
        ("sso-admin", "list_instances", {"aws_access_key_id": "AKIANOBODY"}, "UnrecognizedClientException"),
        ("sso-admin", "list_instances", {"aws_secret_access_key": "wrong"}, "InvalidSignatureException"),
        ("organizations", "list_accounts", {"aws_secret_access_key": "wrong"}, "InvalidSignatureException"),
        ("sts", "get_caller_identity", {"aws_access_key_id": "AKIANOBODY"}, "InvalidClientTokenId"),
        ("sts", "get_caller_identity", {"aws_secret_access_key": "wrong"}, "SignatureDoesNotMatch"),
    ],
)
def test_a_wrong_key_is_refused(
    sandbox: Sandbox, service: str, operation: str, changed: dict[str, str], code: str
) -> None:
    assert refusal(getattr(client(sandbox, service, **changed), operation))[0] == code


def test_an_unsigned_request_is_refused(sandbox: Sandbox) -> None:
    status, body = posted(sandbox, "/aws/sso-admin", {"x-amz-target": "SWBExternalService.ListInstances"})
    assert (status, body["__type"]) == (400, "MissingAuthenticationTokenException")


def posted(sandbox: Sandbox, path: str, headers: dict[str, str]) -> tuple[int, Json]:
    url = sandbox.connection["admin"]["url"].removeprefix("https://").split("/")[0]
    context = ssl.create_default_context(cafile=sandbox.connection["ca"])
    connection = http.client.HTTPSConnection(url, context=context)
    connection.request("POST", path, b"{}", headers)
    response = connection.getresponse()
    body = json.loads(response.read())
    connection.close()
    return response.status, body


def test_an_action_that_no_policy_allows_is_denied_by_name(sandbox: Sandbox, sso: Any, blog: Json) -> None:
    blog["callers"][world.ACCESS_KEY]["actions"].remove("sso:ListInstances")
    code, message = refusal(sso.list_instances)
    assert code == "AccessDeniedException"
    assert "arn:aws:iam::111122223333:user/xtcheck-auditor is not authorized to perform: sso:ListInstances" in message
    assert sso.list_permission_sets(**INSTANCE)["PermissionSets"]


def test_actions_may_hold_wildcards(sso: Any, blog: Json) -> None:
    blog["callers"][world.ACCESS_KEY]["actions"] = ["SSO:List*"]
    assert sso.list_instances()["Instances"]
    assert refusal(sso.describe_instance, **INSTANCE)[0] == "AccessDeniedException"


def policy(*statements: tuple[str, str, str]) -> Json:
    names = ("Effect", "Action", "Resource")
    return {"Version": "2012-10-17", "Statement": [dict(zip(names, each, strict=True)) for each in statements]}


def test_a_policy_allows_an_action_on_its_resources_and_on_no_other(sso: Any, blog: Json) -> None:
    caller = blog["callers"][world.ACCESS_KEY]
    of_instance = ("Allow", "sso:*", world.INSTANCE)
    caller["policy"] = policy(of_instance)
    assert sso.describe_instance(**INSTANCE)["Status"] == "ACTIVE"
    assert refusal(sso.list_instances)[0] == "AccessDeniedException", "it has no resource: * must be allowed"
    assert refusal(sso.describe_permission_set, **READ_ONLY)[0] == "AccessDeniedException", "two resources"
    caller["policy"] = policy(of_instance, ("Allow", "sso:Describe*", "arn:aws:sso:::permissionSet/ssoins-*/ps-*"))
    assert sso.describe_permission_set(**READ_ONLY)["PermissionSet"]
    assert refusal(sso.list_tags_for_resource, ResourceArn=world.READ_ONLY, **INSTANCE)[0] == "AccessDeniedException"
    caller["policy"] = policy(("Allow", "sso:*", "*"), ("Deny", "sso:Describe*", world.READ_ONLY))
    assert sso.list_instances()["Instances"]
    assert refusal(sso.describe_permission_set, **READ_ONLY)[0] == "AccessDeniedException"


def test_a_policy_for_an_identity_store_names_what_is_in_it_too(sandbox: Sandbox, blog: Json) -> None:
    store, caller = client(sandbox, "identitystore"), blog["callers"][world.ACCESS_KEY]
    own = f"arn:aws:identitystore::{world.MANAGEMENT}:identitystore/{world.STORE}"
    caller["policy"] = policy(("Allow", "identitystore:ListUsers", own))
    assert refusal(store.list_users, IdentityStoreId=world.STORE)[0] == "AccessDeniedException"
    caller["policy"]["Statement"][0]["Resource"] = [own, "arn:aws:identitystore:::user/*"]
    assert store.list_users(IdentityStoreId=world.STORE)["Users"]


def test_a_policy_that_cannot_be_evaluated_is_refused(sso: Any, blog: Json) -> None:
    caller = blog["callers"][world.ACCESS_KEY]
    caller["policy"] = policy(("Allow", "sso:*", "*"))
    caller["policy"]["Statement"][0]["Condition"] = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    assert refusal(sso.list_instances)[0] == "SandboxNotImplemented"


def test_the_identity_needs_no_permission(sandbox: Sandbox, blog: Json) -> None:
    blog["callers"][world.ACCESS_KEY]["actions"] = []
    assert client(sandbox, "sts").get_caller_identity()["Account"] == world.MANAGEMENT


def test_a_member_account_sees_the_instance_and_may_not_work_in_it(sso: Any, organizations: Any, blog: Json) -> None:
    blog["callers"][world.ACCESS_KEY]["account"] = world.WORKLOADS
    assert len(sso.list_instances()["Instances"]) == 1
    assert refusal(sso.list_permission_sets, **INSTANCE)[0] == "AccessDeniedException"
    assert refusal(organizations.list_accounts)[0] == "AccessDeniedException"
    blog["delegatedAdministrators"] = [blog["accounts"][world.WORKLOADS]]
    assert sso.list_permission_sets(**INSTANCE)["PermissionSets"]
    assert len(organizations.list_accounts()["Accounts"]) == 2


# What is not there


@pytest.mark.parametrize("service", ["sso-admin", "organizations"])
def test_an_operation_that_is_not_emulated_answers_501(sandbox: Sandbox, service: str) -> None:
    headers = {"x-amz-target": f"{SERVICES[service].target}.DeleteEverything"}
    status, body = posted(sandbox, f"/aws/{service}", headers)
    assert status == 501
    assert "DeleteEverything" in body["Message"]


def test_a_service_that_is_not_emulated_answers_501(sandbox: Sandbox) -> None:
    assert posted(sandbox, "/aws/health", {})[0] == 501


def test_every_operation_is_one_of_the_services_model() -> None:
    for service in SERVICES.values():
        known = shapes.service_model(service.name).operation_names
        assert set(service.operations) <= set(known)


def test_nothing_writes_the_people_of_an_identity_store() -> None:
    writing = {name for name in SERVICES["identitystore"].operations if not name.startswith(READS)}
    assert writing == {"UpdateIdentityStore"}


def test_the_auditor_may_read_all_that_is_served_and_the_remediator_write_it(blog: Json) -> None:
    served = {f"{service.prefix}:{name}" for service in SERVICES.values() for name in service.operations}
    read = {action for action in served if action.partition(":")[2].startswith(READS)}
    assert set(blog["callers"][world.ACCESS_KEY]["actions"]) == read
    assert set(blog["callers"][world.BLOG.writing_key]["actions"]) == served


def test_a_reply_that_the_model_forbids_is_not_sent(sso: Any, blog: Json) -> None:
    blog["permissionSets"][world.READ_ONLY]["document"]["Colour"] = "blue"
    code, message = refusal(sso.describe_permission_set, **READ_ONLY)
    assert (code, "Colour" in message) == ("SandboxBrokenReply", True)


def test_a_request_that_the_model_forbids_is_invalid(sso: Any, organizations: Any) -> None:
    assert refusal(sso.describe_instance, InstanceArn="arn:aws:sso:::instance/nope")[0] == "ValidationException"
    assert refusal(sso.list_instances, MaxResults=101)[0] == "ValidationException"
    assert refusal(organizations.list_accounts, MaxResults=21)[0] == "InvalidInputException"


# Identity Center


def test_the_instance_is_listed_in_its_own_region(sandbox: Sandbox, sso: Any) -> None:
    (instance,) = sso.list_instances()["Instances"]
    assert instance["InstanceArn"] == world.INSTANCE
    assert instance["PrimaryRegion"] == "us-east-1"
    elsewhere = client(sandbox, "sso-admin", region_name="eu-west-1")
    assert elsewhere.list_instances()["Instances"] == []
    assert elsewhere.list_instances(RegionScope="ALL_REGIONS")["Instances"] == [instance]


def test_the_instance_is_described_whole(sso: Any) -> None:
    described = sso.describe_instance(**INSTANCE)
    assert (described["Status"], described["IdentityStoreId"]) == ("ACTIVE", "d-9067f1a2b3")
    assert described["EncryptionConfigurationDetails"]["KeyType"] == "AWS_OWNED_KMS_KEY"


def test_an_instance_that_is_not_there(sso: Any) -> None:
    other = {"InstanceArn": world.INSTANCE[:-1] + "0"}
    assert refusal(sso.describe_instance, **other)[0] == "AccessDeniedException"
    assert refusal(sso.list_permission_sets, **other)[0] == "ResourceNotFoundException"


def test_a_permission_set_is_read_in_six_calls(sso: Any) -> None:
    assert sso.list_permission_sets(**INSTANCE)["PermissionSets"] == [world.READ_ONLY]
    described = sso.describe_permission_set(**READ_ONLY)["PermissionSet"]
    assert (described["Name"], described["SessionDuration"]) == ("ReadOnlyAccess", "PT1H")
    (policy,) = sso.list_managed_policies_in_permission_set(**READ_ONLY)["AttachedManagedPolicies"]
    assert policy["Arn"] == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    references = sso.list_customer_managed_policy_references_in_permission_set(**READ_ONLY)
    assert references["CustomerManagedPolicyReferences"] == []
    assert sso.get_inline_policy_for_permission_set(**READ_ONLY)["InlinePolicy"] == ""
    assert sso.list_tags_for_resource(ResourceArn=world.READ_ONLY, **INSTANCE)["Tags"] == []


def test_a_permissions_boundary_is_not_found_or_told(sso: Any, blog: Json) -> None:
    code, _ = refusal(sso.get_permissions_boundary_for_permission_set, **READ_ONLY)
    assert code == "ResourceNotFoundException"
    boundary = {"ManagedPolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess"}
    blog["permissionSets"][world.READ_ONLY]["permissionsBoundary"] = boundary
    assert sso.get_permissions_boundary_for_permission_set(**READ_ONLY)["PermissionsBoundary"] == boundary


def test_provisioning_status_filters_both_lists(sso: Any, blog: Json) -> None:
    behind = {"ProvisioningStatus": "LATEST_PERMISSION_SET_NOT_PROVISIONED"}
    account = INSTANCE | {"AccountId": world.WORKLOADS}
    assert sso.list_permission_sets_provisioned_to_account(**account)["PermissionSets"] == [world.READ_ONLY]
    assert sso.list_permission_sets_provisioned_to_account(**account, **behind)["PermissionSets"] == []
    blog["permissionSets"][world.READ_ONLY]["provisioned"][world.WORKLOADS] = behind["ProvisioningStatus"]
    assert sso.list_permission_sets_provisioned_to_account(**account, **behind)["PermissionSets"] == [world.READ_ONLY]
    assert sso.list_accounts_for_provisioned_permission_set(**READ_ONLY, **behind)["AccountIds"] == [world.WORKLOADS]


def test_the_group_has_the_access_and_sofia_has_it_through_the_group(sso: Any, store: Any) -> None:
    group = store.get_group_id(
        **STORE,
        AlternateIdentifier={"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": world.GROUP}},
    )["GroupId"]
    (assignment,) = sso.list_account_assignments(AccountId=world.WORKLOADS, **READ_ONLY)["AccountAssignments"]
    assert (assignment["PrincipalType"], assignment["PrincipalId"]) == ("GROUP", group)
    sofia = next(user for user in store.list_users(**STORE)["Users"] if "sofia" in user["UserName"])
    found = sso.list_account_assignments_for_principal(
        **INSTANCE, PrincipalType="USER", PrincipalId=sofia["UserId"], Filter={"AccountId": world.WORKLOADS}
    )
    assert found["AccountAssignments"] == [assignment]


# The identity store


def test_users_arrived_over_scim(store: Any) -> None:
    users = store.list_users(**STORE)["Users"]
    assert len(users) == 3
    for user in users:
        assert [each["Issuer"] for each in user["ExternalIds"]] == [f"https://scim.aws.com/{world.SCIM_TENANT}"]
        assert (user["UserStatus"], user["Revision"].isdigit()) == ("ENABLED", True)
        assert "Extensions" not in user


def test_extensions_come_when_they_are_asked_for(store: Any) -> None:
    for user in store.list_users(**STORE, Extensions=["aws:identitystore:enterprise"])["Users"]:
        assert user["Extensions"]["aws:identitystore:enterprise"]["department"] == "DevOps"


def test_a_user_is_found_by_each_of_its_names(store: Any) -> None:
    user = store.list_users(**STORE)["Users"][0]
    names: list[Json] = [
        {"ExternalId": user["ExternalIds"][0]},
        {"UniqueAttribute": {"AttributePath": "userName", "AttributeValue": user["UserName"].upper()}},
        {"UniqueAttribute": {"AttributePath": "emails.value", "AttributeValue": user["Emails"][0]["Value"]}},
    ]
    for name in names:
        assert store.get_user_id(**STORE, AlternateIdentifier=name)["UserId"] == user["UserId"]


def test_users_are_described_by_id_and_by_arn_also_in_a_store_named_by_arn(store: Any) -> None:
    user = store.list_users(**STORE)["Users"][0]
    arn = store.describe_identity_store(**STORE)["IdentityStoreArn"]
    assert store.describe_user(**STORE, UserId=user["UserId"])["UserName"] == user["UserName"]
    assert store.describe_user(IdentityStoreId=arn, UserId=user["UserArn"])["UserName"] == user["UserName"]


def test_what_is_not_in_the_store_is_not_found_with_its_type(store: Any) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    for call, parameters, kind in (
        (store.describe_user, {"UserId": nobody}, "USER"),
        (store.describe_group, {"GroupId": nobody}, "GROUP"),
        (store.list_group_memberships, {"GroupId": nobody}, "GROUP"),
    ):
        with pytest.raises(store.exceptions.ResourceNotFoundException) as raised:
            call(**STORE, **parameters)
        assert raised.value.response["ResourceType"] == kind
    with pytest.raises(store.exceptions.ResourceNotFoundException) as raised:
        store.list_users(IdentityStoreId="d-0000000000")
    assert raised.value.response["ResourceType"] == "IDENTITY_STORE"


def test_memberships_agree_from_all_sides(store: Any) -> None:
    (group,) = store.list_groups(**STORE)["Groups"]
    users = [user["UserId"] for user in store.list_users(**STORE)["Users"]]
    memberships = store.list_group_memberships(**STORE, GroupId=group["GroupId"])["GroupMemberships"]
    assert sorted(each["MemberId"]["UserId"] for each in memberships) == sorted(users)
    for user in users:
        member = {"MemberId": {"UserId": user}}
        (held,) = store.list_group_memberships_for_member(**STORE, **member)["GroupMemberships"]
        assert held["GroupId"] == group["GroupId"]
        (result,) = store.is_member_in_groups(**STORE, **member, GroupIds=[group["GroupId"]])["Results"]
        assert result["MembershipExists"] is True


def test_users_may_be_filtered_by_name_only(store: Any) -> None:
    user = store.list_users(**STORE)["Users"][0]
    by_name = [{"AttributePath": "UserName", "AttributeValue": user["UserName"]}]
    assert [each["UserId"] for each in store.list_users(**STORE, Filters=by_name)["Users"]] == [user["UserId"]]
    by_title = [{"AttributePath": "Title", "AttributeValue": "x"}]
    assert refusal(store.list_users, **STORE, Filters=by_title)[0] == "ValidationException"


# Organizations


def test_the_organization_has_its_accounts_and_trusts_identity_center(organizations: Any) -> None:
    assert organizations.describe_organization()["Organization"]["MasterAccountId"] == world.MANAGEMENT
    names = {each["Id"]: each["Name"] for each in organizations.list_accounts()["Accounts"]}
    assert names == {world.MANAGEMENT: "Management", world.WORKLOADS: "Workloads"}
    trusted = organizations.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert [each["ServicePrincipal"] for each in trusted] == ["sso.amazonaws.com"]
    delegated = organizations.list_delegated_administrators(ServicePrincipal="sso.amazonaws.com")
    assert delegated["DelegatedAdministrators"] == []


# Pages


def test_boto3s_paginators_find_everything_over_many_pages(
    sandbox: Sandbox, sso: Any, store: Any, organizations: Any, blog: Json
) -> None:
    users = blog["identityStores"][world.STORE]["users"]
    pattern = next(iter(users.values()))
    for number in range(230):
        user_id = f"9067f1a2b3-00000000-0000-4000-8000-{number:012d}"
        users[user_id] = pattern | {"UserId": user_id, "UserName": f"user{number}"}
    assert len(paged(store, "list_users", "Users", **STORE)) == 233
    sandbox.state.page_size = 1
    assert len(paged(organizations, "list_accounts", "Accounts")) == 2
    assert len(paged(sso, "list_instances", "Instances")) == 1
    group = next(iter(blog["identityStores"][world.STORE]["groups"]))
    assert len(paged(store, "list_group_memberships", "GroupMemberships", **STORE, GroupId=group)) == 3
    assert len(store.list_users(**STORE, MaxResults=50)["Users"]) == 1


def test_the_pages_of_one_list_may_be_smaller(sandbox: Sandbox, store: Any) -> None:
    sandbox.state.page_sizes = {"Users": 2}
    assert [len(page["Users"]) for page in store.get_paginator("list_users").paginate(**STORE)] == [2, 1]


def test_a_token_belongs_to_its_query(sandbox: Sandbox, store: Any, blog: Json) -> None:
    sandbox.state.page_size = 1
    token = store.list_users(**STORE)["NextToken"]
    assert store.list_users(**STORE, NextToken=token)["Users"]
    assert refusal(store.list_groups, **STORE, NextToken=token)[0] == "ValidationException"
    assert refusal(store.list_users, **STORE, NextToken="bm9uc2Vuc2U=")[0] == "ValidationException"


# Worlds, faults, portal


def test_the_drifts_of_the_world_apply_and_every_reply_stays_valid(sandbox: Sandbox, sso: Any, store: Any) -> None:
    assert drift.apply(sandbox.state, world.DRIFTED) == len(world.DRIFTED)
    assert sso.describe_permission_set(**READ_ONLY)["PermissionSet"]["SessionDuration"] == "PT12H"
    sets = sso.list_permission_sets_provisioned_to_account(**INSTANCE, AccountId=world.WORKLOADS)["PermissionSets"]
    assert sets == [world.READ_ONLY, world.ADMINISTRATOR]
    users = store.list_users(**STORE)["Users"]
    assert len({each["Issuer"] for user in users for each in user.get("ExternalIds", [])}) == 2
    assert [user["UserName"] for user in users if "ExternalIds" not in user] == ["consultant"]
    (group,) = store.list_groups(**STORE)["Groups"]
    assert len(store.list_group_memberships(**STORE, GroupId=group["GroupId"])["GroupMemberships"]) == 2
    (sofia,) = [user["UserId"] for user in users if "sofia" in user["UserName"]]
    found = sso.list_account_assignments_for_principal(**INSTANCE, PrincipalType="USER", PrincipalId=sofia)
    assert {each["PermissionSetArn"] for each in found["AccountAssignments"]} == {world.READ_ONLY, world.ADMINISTRATOR}


def test_faults_have_the_shape_of_the_service() -> None:
    told = error("identitystore", 400, "ThrottlingException", "Rate exceeded")
    assert json.loads(told.body) == {"__type": "ThrottlingException", "Message": "Rate exceeded"}
    xml = error("sts", 403, "ExpiredToken", "The token <is> old").body
    assert b"<Code>ExpiredToken</Code><Message>The token &lt;is&gt; old</Message>" in xml


@pytest.mark.parametrize("name,status", [("corporateazureadtoaws", 200), ("d-9067f1a2b3", 200), ("nobody", 404)])
def test_the_portal_shows_its_region_to_anybody(sandbox: Sandbox, name: str, status: int) -> None:
    url = sandbox.connection["admin"]["url"].removeprefix("https://").split("/")[0]
    context = ssl.create_default_context(cafile=sandbox.connection["ca"])
    connection = http.client.HTTPSConnection(url, context=context)
    connection.request("GET", f"/portal/{name}/start")
    response = connection.getresponse()
    body = response.read()
    connection.close()
    assert response.status == status
    assert (b'<meta name="region" content="us-east-1">' in body) == (status == 200)


@pytest.mark.parametrize(
    "document,problem",
    [
        ({"Instances": []}, ""),
        ({"Instances": [{"Status": "WELL"}]}, "'WELL' is not one of"),
        ({"Instances": [{"Status": 1}]}, "int where a string belongs"),
        ({"Instances": [{"CreatedDate": True}]}, "bool where a timestamp belongs"),
        ({"Instances": [{"Regions": [{"IsPrimaryRegion": 1}]}]}, "int where a boolean belongs"),
        ({"Instances": [{}] * 11}, "11 is more than 10"),
        ({"Instance": []}, "is not in the model"),
    ],
)
def test_a_reply_is_checked_against_the_model(document: Json, problem: str) -> None:
    shape = shapes.service_model("sso-admin").operation_model("ListInstances").output_shape
    found = "; ".join(shapes.problems(shape, document, reply=True))
    assert (problem in found) if problem else not found


def test_shapes_that_are_not_served_are_told() -> None:
    blob = SimpleNamespace(name="Blob", type_name="blob")
    assert list(shapes.problems(blob, b"")) == ["Blob: shapes of type blob are not served"]
