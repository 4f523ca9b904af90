"""What else is read of an Identity Center: Regions, applications, issuers, entitlements, history, events."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.aws_client import client, paged, refusal
from xtcheck.sandbox import Sandbox, drift
from xtcheck.sandbox.aws import world
from xtcheck.sandbox.wire import Json

INSTANCE = {"InstanceArn": world.INSTANCE}
STORE = {"IdentityStoreId": world.STORE}
SSOINS = world.INSTANCE.partition("/")[2]
APPLICATION = f"arn:aws:sso::{world.MANAGEMENT}:application/{SSOINS}/apl-0123456789abcdef"
ISSUER = f"arn:aws:sso::{world.MANAGEMENT}:trustedTokenIssuer/{SSOINS}/tti-00000000-1111-2222-3333-444444444444"
ACCESS = f"arn:aws:account-access:us-east-1:{world.MANAGEMENT}:application/aam-0123456789abcdef"
ROLE = f"arn:aws:iam::{world.WORKLOADS}:role/Break/Glass"
PERSON = "9067f1a2b3-00000000-0000-4000-8000-000000000001"


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
def access(sandbox: Sandbox) -> Any:
    return client(sandbox, "account-access")


@pytest.fixture(scope="module")
def trail(sandbox: Sandbox) -> Any:
    return client(sandbox, "cloudtrail")


def add(sandbox: Sandbox, path: str, key: str, value: Json) -> None:
    escaped = key.replace("~", "~0").replace("/", "~1")
    drift.apply(sandbox.state, [{"op": "add", "path": f"/aws/main/{path}/{escaped}", "value": value}])


# Regions and attributes for access control


def test_the_instance_is_in_one_region(sso: Any) -> None:
    (region,) = paged(sso, "list_regions", "Regions", **INSTANCE)
    assert (region["RegionName"], region["Status"], region["IsPrimaryRegion"]) == ("us-east-1", "ACTIVE", True)
    described = sso.describe_region(**INSTANCE, RegionName="us-east-1")
    assert described["AddedDate"] == region["AddedDate"]
    assert refusal(sso.describe_region, **INSTANCE, RegionName="eu-west-1")[0] == "ResourceNotFoundException"


def test_added_regions_page(sandbox: Sandbox, sso: Any, blog: Json) -> None:
    regions = blog["instances"][world.INSTANCE]["Regions"]
    regions.append(regions[0] | {"RegionName": "eu-west-1", "Status": "ADDING", "IsPrimaryRegion": False})
    sandbox.state.page_size = 1
    assert [each["RegionName"] for each in paged(sso, "list_regions", "Regions", **INSTANCE)] == [
        "us-east-1",
        "eu-west-1",
    ]


def test_attributes_for_access_control_are_off_until_they_are_set(sandbox: Sandbox, sso: Any) -> None:
    describe = sso.describe_instance_access_control_attribute_configuration
    assert refusal(describe, **INSTANCE)[0] == "ResourceNotFoundException"
    source = {"Source": ["${path:enterprise.department}"]}
    configured = {"AccessControlAttributes": [{"Key": "Department", "Value": source}]}
    value = {"Status": "ENABLED", "InstanceAccessControlAttributeConfiguration": configured}
    add(sandbox, "accessControlAttributes", world.INSTANCE, value)
    assert describe(**INSTANCE)["InstanceAccessControlAttributeConfiguration"] == configured


def test_an_operation_without_not_found_in_its_model_denies_an_unknown_instance(sso: Any) -> None:
    other = {"InstanceArn": world.INSTANCE[:-1] + "0"}
    for operation in (sso.list_regions, sso.list_applications, sso.list_trusted_token_issuers):
        assert refusal(operation, **other)[0] == "AccessDeniedException"
    assert refusal(sso.list_account_assignment_creation_status, **other)[0] == "ResourceNotFoundException"


# Applications and trusted token issuers


def test_there_are_neither_applications_nor_token_issuers(sso: Any) -> None:
    assert sso.list_applications(**INSTANCE)["Applications"] == []
    assert sso.list_trusted_token_issuers(**INSTANCE)["TrustedTokenIssuers"] == []
    assert refusal(sso.describe_application, ApplicationArn=APPLICATION)[0] == "ResourceNotFoundException"
    assert refusal(sso.describe_trusted_token_issuer, TrustedTokenIssuerArn=ISSUER)[0] == "ResourceNotFoundException"


def application(arn: str = APPLICATION, account: str = world.MANAGEMENT) -> Json:
    return {
        "document": {
            "ApplicationArn": arn,
            "ApplicationProviderArn": "arn:aws:sso::aws:applicationProvider/custom",
            "Name": "Grafana",
            "ApplicationAccount": account,
            "InstanceArn": world.INSTANCE,
            "Status": "ENABLED",
            "PortalOptions": {"Visibility": "ENABLED"},
            "CreatedDate": 1753963200.0,
            "CreatedFrom": "us-east-1",
        },
        "assignmentRequired": False,
        "assignments": [{"PrincipalId": PERSON, "PrincipalType": "USER"}],
    }


def test_an_application_is_told_with_its_assignments(sandbox: Sandbox, sso: Any) -> None:
    add(sandbox, "applications", APPLICATION, application())
    (listed,) = paged(sso, "list_applications", "Applications", **INSTANCE)
    described = sso.describe_application(ApplicationArn=APPLICATION)
    assert {name: described[name] for name in listed} == listed
    named = {"ApplicationArn": APPLICATION}
    assert sso.get_application_assignment_configuration(**named)["AssignmentRequired"] is False
    (assignment,) = paged(sso, "list_application_assignments", "ApplicationAssignments", **named)
    assert (assignment["ApplicationArn"], assignment["PrincipalId"]) == (APPLICATION, PERSON)


def test_applications_are_filtered_and_page(sandbox: Sandbox, sso: Any) -> None:
    for number in range(3):
        arn = APPLICATION[:-1] + str(number)
        add(sandbox, "applications", arn, application(arn, world.WORKLOADS if number else world.MANAGEMENT))
    sandbox.state.page_size = 2
    assert len(paged(sso, "list_applications", "Applications", **INSTANCE)) == 3
    of_workloads = {"Filter": {"ApplicationAccount": world.WORKLOADS}}
    assert len(paged(sso, "list_applications", "Applications", **INSTANCE, **of_workloads)) == 2
    of_others = {"Filter": {"ApplicationProvider": "arn:aws:sso::aws:applicationProvider/other"}}
    assert paged(sso, "list_applications", "Applications", **INSTANCE, **of_others) == []


def test_a_member_account_lists_its_own_applications_only(sandbox: Sandbox, sso: Any, blog: Json) -> None:
    add(sandbox, "applications", APPLICATION, application(account=world.WORKLOADS))
    caller = sandbox.state.tree["aws"]["main"]["callers"][world.ACCESS_KEY]
    caller["account"] = world.WORKLOADS
    assert refusal(sso.list_applications, **INSTANCE)[0] == "AccessDeniedException"
    own = {"Filter": {"ApplicationAccount": world.WORKLOADS}}
    assert len(sso.list_applications(**INSTANCE, **own)["Applications"]) == 1
    assert sso.describe_application(ApplicationArn=APPLICATION)["Name"] == "Grafana"


def test_a_trusted_token_issuer_is_told(sandbox: Sandbox, sso: Any) -> None:
    configuration = {
        "OidcJwtConfiguration": {
            "IssuerUrl": "https://login.microsoftonline.com/0e1d0a10-7c5f-4b6e-9a51-a1c0de0000ff/v2.0",
            "ClaimAttributePath": "email",
            "IdentityStoreAttributePath": "emails.value",
            "JwksRetrievalOption": "OPEN_ID_DISCOVERY",
        }
    }
    brief = {"TrustedTokenIssuerArn": ISSUER, "Name": "entra", "TrustedTokenIssuerType": "OIDC_JWT"}
    add(sandbox, "trustedTokenIssuers", ISSUER, brief | {"TrustedTokenIssuerConfiguration": configuration})
    assert paged(sso, "list_trusted_token_issuers", "TrustedTokenIssuers", **INSTANCE) == [brief]
    described = sso.describe_trusted_token_issuer(TrustedTokenIssuerArn=ISSUER)
    assert described["TrustedTokenIssuerConfiguration"] == configuration


# The history of assignments


@pytest.mark.parametrize("kind", ["Creation", "Deletion"])
def test_the_history_of_assignments(sandbox: Sandbox, sso: Any, kind: str) -> None:
    listing, key = f"list_account_assignment_{kind.lower()}_status", f"AccountAssignments{kind}Status"
    assert paged(sso, listing, key, **INSTANCE) == []
    for number, status in enumerate(("SUCCEEDED", "FAILED")):
        request = {
            "Status": status,
            "RequestId": f"00000000-0000-4000-8000-00000000000{number}",
            "TargetId": world.WORKLOADS,
            "TargetType": "AWS_ACCOUNT",
            "PermissionSetArn": world.READ_ONLY,
            "PrincipalType": "USER",
            "PrincipalId": PERSON,
            "CreatedDate": 1753963200.0,
        }
        add(sandbox, f"assignment{kind}s", "-", request | ({"FailureReason": "no such user"} if number else {}))
    sandbox.state.page_size = 1
    assert len(paged(sso, listing, key, **INSTANCE)) == 2
    (failed,) = paged(sso, listing, key, **INSTANCE, Filter={"Status": "FAILED"})
    assert set(failed) == {"Status", "RequestId", "CreatedDate"}
    describe = getattr(sso, f"describe_account_assignment_{kind.lower()}_status")
    identifier = f"AccountAssignment{kind}RequestId"
    whole = describe(**INSTANCE, **{identifier: failed["RequestId"]})[f"AccountAssignment{kind}Status"]
    assert whole["FailureReason"] == "no such user"
    unknown = {identifier: "00000000-0000-4000-8000-000000000009"}
    assert refusal(describe, **INSTANCE, **unknown)[0] == "ResourceNotFoundException"


# The identity store


def test_stores_are_listed_in_their_region(sandbox: Sandbox) -> None:
    store = client(sandbox, "identitystore")
    (listed,) = paged(store, "list_identity_stores", "IdentityStores")
    described = store.describe_identity_store(**STORE)
    assert {name: described[name] for name in listed} == listed
    elsewhere = client(sandbox, "identitystore", region_name="eu-west-1")
    assert elsewhere.list_identity_stores()["IdentityStores"] == []


def test_a_membership_is_found_by_its_ends(sandbox: Sandbox, blog: Json) -> None:
    store = client(sandbox, "identitystore")
    wanted = next(iter(blog["identityStores"][world.STORE]["memberships"].values()))
    ends = {"GroupId": wanted["GroupId"], "MemberId": wanted["MemberId"]}
    found = store.get_group_membership_id(**STORE, **ends)["MembershipId"]
    assert store.describe_group_membership(**STORE, MembershipId=found)["MemberId"] == wanted["MemberId"]
    del blog["identityStores"][world.STORE]["memberships"][found]
    assert refusal(store.get_group_membership_id, **STORE, **ends)[0] == "ResourceNotFoundException"


# Account access manager: REST-JSON


def test_account_access_is_not_used(access: Any) -> None:
    assert access.list_applications()["applications"] == []
    assert refusal(access.get_application, applicationArn=ACCESS)[0] == "ResourceNotFoundException"


@pytest.fixture
def entitled(sandbox: Sandbox) -> None:
    moment = "2026-08-01T12:00:00Z"
    source = {"identityCenter": {"instanceArn": world.INSTANCE}}
    application = {"identitySource": source, "status": "ACTIVE", "createdAt": moment, "updatedAt": moment}
    add(sandbox, "accountAccess/applications", ACCESS, application)
    for number, principal in enumerate(({"userId": PERSON}, {"groupId": PERSON})):
        role = {"principal": {"identityCenter": principal}, "roleArn": ROLE, "account": world.WORKLOADS}
        entitlement = {
            "applicationArn": ACCESS,
            "entitlementId": f"ent-{number}",
            "entitlement": {"principalRole": role},
            "createdAt": moment,
        }
        add(sandbox, "accountAccess/entitlements", f"ent-{number}", entitlement)


@pytest.mark.usefixtures("entitled")
def test_an_application_of_account_access_names_its_instance(access: Any) -> None:
    (listed,) = access.list_applications()["applications"]
    assert (listed["applicationArn"], listed["createdAt"].year) == (ACCESS, 2026)
    described = access.get_application(applicationArn=ACCESS)
    assert described["identitySource"]["identityCenter"]["instanceArn"] == world.INSTANCE


@pytest.mark.usefixtures("entitled")
@pytest.mark.parametrize(
    "wanted,found",
    [
        ({"account": world.WORKLOADS}, ["ent-0", "ent-1"]),
        ({"account": world.MANAGEMENT}, []),
        ({"roleArn": ROLE}, ["ent-0", "ent-1"]),
        ({"principal": {"identityCenter": {"userId": PERSON}}}, ["ent-0"]),
    ],
    ids=["an account", "another account", "a role", "a principal"],
)
def test_entitlements_are_filtered(access: Any, wanted: Json, found: list[str]) -> None:
    listed = access.list_entitlements(applicationArn=ACCESS, filter={"principalRole": wanted})["entitlements"]
    assert [each["entitlementId"] for each in listed] == found


@pytest.mark.usefixtures("entitled")
@pytest.mark.parametrize("wanted", [{}, {"principalRole": {}}])
def test_entitlements_are_never_listed_without_a_filter(access: Any, wanted: Json) -> None:
    assert refusal(access.list_entitlements, applicationArn=ACCESS, filter=wanted)[0] == "ValidationException"


@pytest.mark.usefixtures("entitled")
def test_entitlements_page_and_are_read_one_by_one(sandbox: Sandbox, access: Any) -> None:
    sandbox.state.page_size = 1
    query = {"applicationArn": ACCESS, "filter": {"principalRole": {"account": world.WORKLOADS}}}
    listed = paged(access, "list_entitlements", "entitlements", **query)
    assert len(listed) == 2
    one = access.get_entitlement(applicationArn=ACCESS, entitlementId="ent-1")
    assert one["entitlement"] == listed[1]["entitlement"]
    assert one["entitlement"]["principalRole"]["accountName"] == "Workloads"
    absent = {"applicationArn": ACCESS, "entitlementId": "ent-9"}
    assert refusal(access.get_entitlement, **absent)[0] == "ResourceNotFoundException"
    entries = [entry for entry in sandbox.state.log.entries if entry.path == "ListEntitlements"]
    assert [(entry.page, entry.write, entry.tenant) for entry in entries[-2:]] == [
        (1, False, "main"),
        (2, False, "main"),
    ]


def test_a_rest_service_refuses_with_its_own_status(sandbox: Sandbox, access: Any, blog: Json) -> None:
    wrong = client(sandbox, "account-access", aws_secret_access_key="wrong")
    assert refusal(wrong.list_applications)[0] == "InvalidSignatureException"
    caller = blog["callers"][world.ACCESS_KEY]
    caller["actions"] = []
    with pytest.raises(access.exceptions.AccessDeniedException) as raised:
        access.get_application(applicationArn=ACCESS)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_broken_page_of_a_rest_service_carries_its_own_token(sandbox: Sandbox, access: Any) -> None:
    match = {"service": "account-access"}
    sandbox.state.faults.put([{"match": match, "do": {"empty-page-with-next": True}, "times": 1}])
    assert access.list_applications()["nextToken"]
    sandbox.state.faults.put([])


# CloudTrail


def found(trail: Any, **attribute: str) -> list[Json]:
    wanted = [{"AttributeKey": key, "AttributeValue": value} for key, value in attribute.items()]
    return paged(trail, "lookup_events", "Events", LookupAttributes=wanted)


@pytest.mark.parametrize(
    "name",
    [
        "EnableExternalIdPConfigurationForDirectory",
        "ImportExternalIdPCertificate",
        "AssociateDirectory",
        "CreateProvisioningTenant",
        "CreateBearerToken",
        "CreateAlias",
    ],
)
def test_setting_up_the_identity_source_has_left_its_events(trail: Any, name: str) -> None:
    (event,) = found(trail, EventName=name)
    assert timedelta(days=29) < datetime.now(UTC) - event["EventTime"] < timedelta(days=31)
    record = json.loads(event["CloudTrailEvent"])
    assert (record["eventSource"], record["eventID"]) == (event["EventSource"], event["EventId"])
    assert record["recipientAccountId"] == world.MANAGEMENT


def test_scim_has_left_its_events_without_names_of_people(trail: Any) -> None:
    events = found(trail, EventSource="identitystore-scim.amazonaws.com")
    names = [event["EventName"] for event in events]
    assert (names.count("CreateUser"), names.count("CreateGroup"), "PatchGroup" in names) == (3, 1, True)
    records = [json.loads(event["CloudTrailEvent"]) for event in events]
    assert {record["requestParameters"]["tenantId"] for record in records} == {world.SCIM_TENANT}
    assert "sofia" not in str(events).lower()
    times = [event["EventTime"] for event in events]
    assert times == sorted(times, reverse=True)


def test_somebody_has_signed_in_by_the_external_provider(trail: Any, blog: Json) -> None:
    (event,) = found(trail, EventName="UserAuthentication")
    record = json.loads(event["CloudTrailEvent"])
    assert record["additionalEventData"]["CredentialType"] == "EXTERNAL_IDP"
    assert record["additionalEventData"]["LoginTo"] == "https://corporateazureadtoaws.awsapps.com/start"
    assert record["userIdentity"]["principalId"] in blog["identityStores"][world.STORE]["users"]
    assert event["EventTime"] < datetime.now(UTC)


def test_every_attribute_can_be_looked_up(trail: Any) -> None:
    (alias,) = found(trail, EventName="CreateAlias")
    assert found(trail, EventId=alias["EventId"]) == [alias]
    assert alias in found(trail, Username="administrator")
    assert alias in found(trail, ReadOnly="false")
    assert alias not in found(trail, ReadOnly="true")
    assert found(trail, ResourceName="x") == found(trail, AccessKeyId="x") == found(trail, ResourceType="x") == []


def test_events_page_by_fifty_at_most(sandbox: Sandbox, trail: Any, blog: Json) -> None:
    pattern = blog["events"][-1]
    blog["events"] += [pattern | {"EventId": str(number)} for number in range(120)]
    assert len(trail.lookup_events()["Events"]) == 50
    everything = paged(trail, "lookup_events", "Events")
    kept = len(blog["events"]) + len(blog["scimEvents"])
    assert len(everything) == len({event["EventId"] for event in everything}) == kept


def test_the_history_ends_after_ninety_days(sandbox: Sandbox, trail: Any) -> None:
    assert found(trail, EventName="CreateBearerToken")
    sandbox.state.clock.advance(timedelta(days=61))
    assert found(trail, EventName="CreateBearerToken") == []
    assert found(trail, EventSource="identitystore-scim.amazonaws.com")


def test_a_span_of_time_can_be_asked_for(trail: Any) -> None:
    now = time.time()
    early = trail.lookup_events(StartTime=now - 40 * 86400, EndTime=now - 20 * 86400)["Events"]
    assert {event["EventName"] for event in early} >= {"CreateAlias", "CreateBearerToken"}
    assert "UserAuthentication" not in {event["EventName"] for event in early}
    assert refusal(trail.lookup_events, StartTime=now, EndTime=now - 60)[0] == "InvalidTimeRangeException"


def test_events_are_seen_in_their_own_region_and_account_only(sandbox: Sandbox, trail: Any, blog: Json) -> None:
    assert client(sandbox, "cloudtrail", region_name="eu-west-1").lookup_events()["Events"] == []
    blog["callers"][world.ACCESS_KEY]["account"] = world.WORKLOADS
    assert trail.lookup_events()["Events"] == []


def test_a_question_has_one_attribute(trail: Any) -> None:
    one = {"AttributeKey": "EventName", "AttributeValue": "CreateAlias"}
    assert refusal(trail.lookup_events, LookupAttributes=[one, one])[0] == "InvalidLookupAttributesException"
    assert refusal(trail.lookup_events, NextToken="bm9uc2Vuc2U=")[0] == "InvalidNextTokenException"


def test_an_event_can_be_added_by_drift(sandbox: Sandbox, trail: Any, blog: Json) -> None:
    removed = blog["events"][0] | {"EventId": "mine", "EventName": "DisableExternalIdPConfigurationForDirectory"}
    add(sandbox, "events", "-", removed)
    assert [event["EventId"] for event in found(trail, EventName=removed["EventName"])] == ["mine"]


def test_every_endpoint_of_the_connection_is_served(sandbox: Sandbox) -> None:
    endpoints = sandbox.connection["aws"]["main"]["endpoints"]
    assert {"sso-admin", "identitystore", "organizations", "sts", "account-access", "cloudtrail"} < set(endpoints)
    assert {"scim", "portal"} < set(endpoints)
