"""What no single path shows: certificates, handshakes, members, assignments, and who reaches an account."""

from __future__ import annotations

import base64
import copy

import pytest

from tests.documents.estates import ONE, SHARED, TWO
from tests.model.evidence import failed, nothing, verdict
from xtcheck.model import Json, Verdict

STORE = "d-9067f1a2b3"
INSTANCE: Json = {
    "InstanceArn": "arn:i", "IdentityStoreId": STORE, "PrimaryRegion": "us-east-1",
    "OwnerAccountId": "111122223333",
}  # fmt: skip
CENTER: Json = {
    "list_instances": [INSTANCE],
    "describe_instance": INSTANCE,
    "list_users": [
        {"UserId": "u1", "UserName": "sofia@one.com", "Emails": [{"Value": "s@one.com"}], "UserStatus": "ENABLED"},
        {"UserId": "u2", "UserName": "nikki@one.com", "UserStatus": "DISABLED"},
    ],
    "list_groups": [{"GroupId": "g1", "DisplayName": "DevOps"}],
    "list_group_memberships(": [{"MemberId": {"UserId": "u1"}}, {"MemberId": {"UserId": "gone"}}],
    "list_group_memberships_for_member": [{"GroupId": "g1"}],
    "list_permission_sets_provisioned_to_account": ["arn:p1"],
    "list_permission_sets(": ["arn:p1"],
    "describe_permission_set": {"PermissionSetArn": "arn:p1", "Name": "ReadOnly"},
    "list_account_assignments": [
        {"AccountId": "111122223333", "PrincipalType": "GROUP", "PrincipalId": "g1", "PermissionSetArn": "arn:p1"}
    ],
    "list_applications": [{"applicationArn": "arn:app"}],
    "get_application": {"identitySource": {"identityCenter": {"instanceArn": "arn:i"}}},
    "list_entitlements": [],
}
AWS = "applies-to: aws\nidentity-center: "
ACCESS = AWS + "{access: {%s: {'111122223333': %s}}}"
ASSIGNMENTS = AWS + "{accounts: {'111122223333': {assignments: %s}}}"


def center(**changes: Json) -> Json:
    """A good Identity Center, with other answers by the beginning of the operation's name."""
    made = copy.deepcopy(CENTER)
    for operation, document in changes.items():
        (name,) = [known for known in made if known.rstrip("(") == operation]
        made[name] = document
    return made


# --- the signing certificate -----------------------------------------------------------------------------------------

CERTIFICATE = "applies-to: aws\nenterprise-app: {signing-certificate: {at-least: 30}}"
THUMBPRINT = "5A7B" * 10


def key(thumbprint: str = THUMBPRINT, end: str = "2027-01-01T00:00:00Z", usage: str = "Verify") -> Json:
    return {
        "customKeyIdentifier": base64.b64encode(bytes.fromhex(thumbprint)).decode(),
        "usage": usage,
        "startDateTime": "2024-01-01T00:00:00Z",
        "endDateTime": end,
    }


@pytest.mark.parametrize(
    "preferred, keys, observed",
    [
        (THUMBPRINT, [key()], "37 days"),
        (THUMBPRINT.lower(), [key()], "37 days"),
        (THUMBPRINT, [key(usage="Sign", end="2030-01-01T00:00:00Z"), key()], "37 days"),
        (THUMBPRINT, [key("00" * 20, end="2030-01-01T00:00:00Z"), key()], "37 days"),
        (THUMBPRINT, [key(end="2026-12-24T12:00:00Z")], "30 days"),
        (THUMBPRINT, [key(end="2026-12-24T11:59:59.1234567Z")], "29 days"),
        (THUMBPRINT, [key(end="2020-01-01T00:00:00Z")], "0 days"),
        ("11" * 20, [key()], None),
        (THUMBPRINT, [key(), key()], None),
        (THUMBPRINT, [], None),
        (THUMBPRINT, None, None),
        (None, [key()], None),
        ("", [key()], None),
        (THUMBPRINT, [{**key(), "customKeyIdentifier": None}], None),
        (THUMBPRINT, [{**key(), "customKeyIdentifier": "%%%"}], None),
        (THUMBPRINT, [{**key(), "endDateTime": None}], None),
        (THUMBPRINT, ["x"], None),
    ],
)
def test_the_active_certificate_is_the_one_that_is_preferred(preferred: Json, keys: Json, observed: str | None) -> None:
    app = {"id": "sp", "preferredTokenSigningKeyThumbprint": preferred, "keyCredentials": keys}
    found = verdict(CERTIFICATE, {"servicePrincipals?": [app]})
    assert (found.verdict is Verdict.UNKNOWN) == (observed is None)
    if observed:
        assert found.observed == observed
        assert found.verdict is (Verdict.COMPLIANT if observed in ("37 days", "30 days") else Verdict.DRIFT)


# --- both ends of a trust --------------------------------------------------------------------------------------------


def partner(id_: str, *, inbound: Json = None, outbound: Json = None) -> Json:
    return {"tenantId": id_, "automaticUserConsentSettings": {"inboundAllowed": inbound, "outboundAllowed": outbound}}


SYNC_ON = {"userSyncInbound": {"isSyncAllowed": True}}
HANDSHAKE = "applies-to: {link: {from: one}}\ncross-tenant-access: {handshake: complete}"
OPEN = {
    "usersAndGroups": {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]},
    "applications": {"accessType": "allowed", "targets": [{"target": "AllApplications", "targetType": "application"}]},
}
DEFAULT = {
    "automaticUserConsentSettings": {"inboundAllowed": False, "outboundAllowed": False},
    "b2bCollaborationInbound": OPEN,
    "b2bCollaborationOutbound": OPEN,
}
BOTH = [partner(ONE, inbound=True), partner(SHARED, outbound=True)]


def test_a_handshake_is_complete_when_both_sides_set_their_part() -> None:
    assert (
        verdict(HANDSHAKE, {"/default": DEFAULT, "identitySync": SYNC_ON, "partners": BOTH}).verdict
        is Verdict.COMPLIANT
    )


@pytest.mark.parametrize(
    "partners, sync, lacking",
    [
        ([partner(ONE), BOTH[1]], SYNC_ON, ["automatic redemption inbound is off in shared"]),
        ([BOTH[0], {"tenantId": SHARED}], SYNC_ON, ["automatic redemption outbound is off in one"]),
        (BOTH, {"userSyncInbound": None}, ["user synchronization inbound is off in shared"]),
        (BOTH, nothing(), ["user synchronization inbound is off in shared"]),
        ([BOTH[0]], SYNC_ON, ["automatic redemption outbound is off in one"]),
    ],
)
def test_each_gap_of_a_handshake_is_named(partners: Json, sync: Json, lacking: list[str]) -> None:
    found = verdict(HANDSHAKE, {"/default": DEFAULT, "identitySync": sync, "partners": partners})
    assert (found.verdict, list(found.differences)) == (Verdict.DRIFT, lacking)


def test_a_handshake_with_one_side_unread_is_unknown() -> None:
    assert (
        verdict(HANDSHAKE, {"/default": DEFAULT, "identitySync": failed(), "partners": BOTH}).verdict is Verdict.UNKNOWN
    )


UNDECLARED = "applies-to: {role: target}\ncross-tenant-access: {undeclared-partners: %s}"
STRANGER = "99999999-0000-4000-8000-00000000000A"


@pytest.mark.parametrize(
    "stated, partners, compliant",
    [
        ("forbidden", [ONE, TWO.upper()], True),
        ("forbidden", [], True),
        ("forbidden", [ONE, STRANGER], False),
        (f"{{forbidden: {{except: [{STRANGER}]}}}}", [ONE, STRANGER.lower()], True),
        (f"{{forbidden: {{except: [{STRANGER}]}}}}", ["77777777-0000-4000-8000-00000000000A"], False),
    ],
)
def test_partners_that_no_link_declares_are_findings(stated: str, partners: list[str], compliant: bool) -> None:  # noqa: FBT001
    found = verdict(UNDECLARED % stated, {"partners": [partner(id_) for id_ in partners]})
    assert found.verdict is (Verdict.COMPLIANT if compliant else Verdict.DRIFT)


def test_a_partner_without_a_tenant_id_leaves_undeclared_partners_unknown() -> None:
    assert verdict(UNDECLARED % "forbidden", {"partners": [{}]}).verdict is Verdict.UNKNOWN


# --- the SAML identifier ---------------------------------------------------------------------------------------------

IDENTIFIER = "applies-to: aws\nenterprise-app: {saml-identifier: of-identity-center}"
RIGHT = f"https://us-east-1.signin.aws.amazon.com/platform/saml/{STORE}"


@pytest.mark.parametrize(
    "identifiers, verdict_",
    [
        ([RIGHT], Verdict.COMPLIANT),
        (["https://other", RIGHT], Verdict.COMPLIANT),
        ([RIGHT + "#2"], Verdict.DRIFT),
        ([], Verdict.DRIFT),
        (None, Verdict.UNKNOWN),
    ],
)
def test_the_saml_identifier_follows_from_the_instance(identifiers: Json, verdict_: Verdict) -> None:
    app = {
        "servicePrincipals?": [{"id": "sp", "appId": "app"}],
        "applications?": [{"id": "x", "identifierUris": identifiers}],
    }
    assert verdict(IDENTIFIER, {**CENTER, **app}).verdict is verdict_


# --- people, groups and assignments of Identity Center ---------------------------------------------------------------


@pytest.mark.parametrize(
    "members, differences",
    [
        ("[sofia@one.com, gone]", None),
        ("[S@ONE.COM, gone]", None),
        ("{includes: [u1]}", None),
        ("[sofia@one.com]", ("undeclared: deleted user gone",)),
        ("[sofia@one.com, nikki@one.com, gone]", ("missing: nikki@one.com",)),
        ("{includes: [nikki@one.com]}", ("missing: nikki@one.com",)),
    ],
)
def test_members_are_named_by_user_name_address_or_id(members: str, differences: tuple[str, ...] | None) -> None:
    found = verdict(AWS + f"{{groups: {{DevOps: {{members: {members}}}}}}}", CENTER)
    assert found.verdict is (Verdict.DRIFT if differences else Verdict.COMPLIANT)
    assert found.differences == (differences or ())


def test_a_membership_that_names_no_user_is_unknown() -> None:
    found = verdict(AWS + "{groups: {DevOps: {members: []}}}", center(list_group_memberships=[{"MemberId": {}}]))
    assert found.verdict is Verdict.UNKNOWN


def test_members_of_a_group_that_is_gone_are_a_drift_even_when_none_are_declared() -> None:
    found = verdict(AWS + "{groups: {DevOps: {members: []}}}", center(list_groups=[]))
    assert (found.verdict, found.reason) == (Verdict.DRIFT, "there is no Identity Center group DevOps of aws-main")


@pytest.mark.parametrize(
    "stated, differences",
    [
        ("[{group: DevOps, permission-set: ReadOnly}]", ()),
        ("[]", ("undeclared: group DevOps, permission-set ReadOnly",)),
        (
            "[{user: DevOps, permission-set: ReadOnly}]",
            ("missing: user DevOps, permission-set ReadOnly", "undeclared: group DevOps, permission-set ReadOnly"),
        ),
    ],
)
def test_assignments_are_exactly_these(stated: str, differences: tuple[str, ...]) -> None:
    found = verdict(ASSIGNMENTS % stated, CENTER)
    assert found.differences == differences
    assert found.verdict is (Verdict.DRIFT if differences else Verdict.COMPLIANT)


def test_who_was_deleted_keeps_the_id_in_an_assignment() -> None:
    found = verdict(
        ASSIGNMENTS % "[]", center(list_groups=[], describe_permission_set={"PermissionSetArn": "x", "Name": "y"})
    )
    assert found.observed == "group deleted group g1, permission-set arn:p1"


@pytest.mark.parametrize(
    "person, stated, changes, compliant",
    [
        ("sofia@one.com", "[ReadOnly]", {}, True),
        ("SOFIA@one.com", "[ReadOnly]", {}, True),
        ("s@one.com", "[ReadOnly]", {}, True),
        ("nikki@one.com", "[ReadOnly]", {}, False),
        ("nikki@one.com", "[]", {}, True),
        ("nobody@one.com", "[ReadOnly]", {}, False),
        ("sofia@one.com", "[ReadOnly]", {"list_group_memberships_for_member": []}, False),
        ("sofia@one.com", "[ReadOnly]", {"list_account_assignments": []}, False),
    ],
)
def test_a_person_reaches_an_account_by_assignments_to_the_person_or_a_group(
    person: str,
    stated: str,
    changes: Json,
    compliant: bool,  # noqa: FBT001
) -> None:
    found = verdict(ACCESS % (person, stated), center(**changes))
    assert found.verdict is (Verdict.COMPLIANT if compliant else Verdict.DRIFT)


@pytest.mark.parametrize("operation", [name.rstrip("(") for name in CENTER if "memberships(" not in name])
def test_access_with_anything_unread_is_unknown(operation: str) -> None:
    unread = {"list_groups"}  # nothing of the group's name is needed to follow its id
    found = verdict(ACCESS % ("sofia@one.com", "[ReadOnly]"), center(**{operation: failed()}))
    assert (found.verdict is Verdict.UNKNOWN) == (operation not in unread)


def test_two_scim_issuers_mean_that_scim_was_set_up_twice() -> None:
    def user(issuer: str) -> Json:
        return {"UserId": "u", "UserName": "u", "ExternalIds": [{"Issuer": issuer, "Id": "1"}]}

    issuers = "https://scim.aws.com/abc-123", "https://scim.aws.com/old"
    found = verdict(AWS + "{scim-issuers: ['${aws.scim-issuer}']}", center(list_users=[user(each) for each in issuers]))
    assert (found.verdict, found.differences) == (Verdict.DRIFT, ("undeclared: https://scim.aws.com/old",))
