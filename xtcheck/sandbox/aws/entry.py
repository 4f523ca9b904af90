"""One AWS entry of a world: an organization with its Identity Center, and one permission set on one account.

Users, groups and memberships are not made here: they arrive over SCIM. What refers to them comes after, in
``Entry.finish``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from xtcheck.sandbox.aws import events, ids
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json

LATEST = "LATEST_PERMISSION_SET_PROVISIONED"

READS = (
    *(
        f"sso:{name}"
        for name in (
            "ListInstances",
            "DescribeInstance",
            "ListPermissionSets",
            "DescribePermissionSet",
            "GetInlinePolicyForPermissionSet",
            "ListManagedPoliciesInPermissionSet",
            "ListCustomerManagedPolicyReferencesInPermissionSet",
            "GetPermissionsBoundaryForPermissionSet",
            "ListTagsForResource",
            "ListAccountsForProvisionedPermissionSet",
            "ListPermissionSetsProvisionedToAccount",
            "ListAccountAssignments",
            "ListAccountAssignmentsForPrincipal",
            "ListAccountAssignmentCreationStatus",
            "ListAccountAssignmentDeletionStatus",
            "DescribeAccountAssignmentCreationStatus",
            "DescribeAccountAssignmentDeletionStatus",
            "ListPermissionSetProvisioningStatus",
            "DescribePermissionSetProvisioningStatus",
            "ListRegions",
            "DescribeRegion",
            "ListApplications",
            "DescribeApplication",
            "ListApplicationAssignments",
            "GetApplicationAssignmentConfiguration",
            "ListTrustedTokenIssuers",
            "DescribeTrustedTokenIssuer",
            "DescribeInstanceAccessControlAttributeConfiguration",
        )
    ),
    *(
        f"identitystore:{name}"
        for name in (
            "ListUsers",
            "DescribeUser",
            "GetUserId",
            "ListGroups",
            "DescribeGroup",
            "GetGroupId",
            "ListGroupMemberships",
            "ListGroupMembershipsForMember",
            "IsMemberInGroups",
            "DescribeGroupMembership",
            "GetGroupMembershipId",
            "DescribeIdentityStore",
            "ListIdentityStores",
        )
    ),
    *(
        f"account-access:{name}"
        for name in ("ListApplications", "GetApplication", "ListEntitlements", "GetEntitlement")
    ),
    "cloudtrail:LookupEvents",
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "organizations:ListDelegatedAdministrators",
    "organizations:ListAWSServiceAccessForOrganization",
    "sts:GetCallerIdentity",
)
"""The actions a reader of the whole Identity Center needs, of those served."""

WRITES = (
    *(
        f"sso:{name}"
        for name in (
            "CreatePermissionSet",
            "UpdatePermissionSet",
            "DeletePermissionSet",
            "AttachManagedPolicyToPermissionSet",
            "DetachManagedPolicyFromPermissionSet",
            "AttachCustomerManagedPolicyReferenceToPermissionSet",
            "DetachCustomerManagedPolicyReferenceFromPermissionSet",
            "PutInlinePolicyToPermissionSet",
            "DeleteInlinePolicyFromPermissionSet",
            "PutPermissionsBoundaryToPermissionSet",
            "DeletePermissionsBoundaryFromPermissionSet",
            "ProvisionPermissionSet",
            "TagResource",
            "UntagResource",
            "CreateAccountAssignment",
            "DeleteAccountAssignment",
            "CreateInstanceAccessControlAttributeConfiguration",
            "UpdateInstanceAccessControlAttributeConfiguration",
            "DeleteInstanceAccessControlAttributeConfiguration",
            "UpdateInstance",
            "AddRegion",
            "RemoveRegion",
        )
    ),
    "account-access:CreateEntitlement",
    "account-access:DeleteEntitlement",
    "identitystore:UpdateIdentityStore",
    "organizations:RegisterDelegatedAdministrator",
    "organizations:DeregisterDelegatedAdministrator",
)
"""The actions of everything that can be written here. Users, groups and memberships cannot."""

ENABLED = 1753963200.0
"""2025-07-31T12:00:00Z, when everything of a world was set up; JSON 1.1 counts seconds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What tells one AWS entry from another."""

    alias: str
    tenant: str
    """The alias of the Entra tenant that it is federated from."""
    management: str
    workloads: str
    organization: str
    instance: str
    """The instance's ARN."""
    store: str
    scim_tenant: str
    scim_token: str
    access_key: str
    secret_key: str
    portal: str
    """The alias in the address of the access portal."""
    group: str
    """The group that gets read-only access to the workloads."""
    region: str = "us-east-1"
    company: str = "anyorganization"
    acs: str = "9067f1a2-b3c4-d5e6-f7a8-b9c0d1e2f3a4"
    """What the addresses for assertions end in; AWS draws it, and shows it in the console alone."""

    @property
    def writing_key(self) -> str:
        """The access key of the caller who may write."""
        return f"{self.access_key[:-3]}W{self.access_key[-2:]}"

    @property
    def permission_set(self) -> str:
        """The ARN of the permission set ReadOnlyAccess."""
        return ids.permission_set_arn(self.instance, "ReadOnlyAccess")

    @property
    def identifier(self) -> str:
        """The SAML identifier of the Identity Center."""
        return f"https://{self.region}.signin.aws.amazon.com/platform/saml/{self.store}"

    @property
    def reply(self) -> str:
        """Where SAML assertions go."""
        return f"https://{self.region}.signin.aws.amazon.com/platform/saml/acs/{self.acs}"

    @property
    def scim_address(self) -> str:
        """The SCIM endpoint as AWS shows it."""
        return f"https://scim.{self.region}.amazonaws.com/{self.scim_tenant}/scim/v2"

    def build(self, state: State) -> None:
        """Fill ``tree["aws"][alias]``; call ``finish`` when the users and groups have arrived."""
        entry: dict[str, Json] = {
            "account": self.management,
            "region": self.region,
            "federatedFrom": self.tenant,
            "callers": {
                self.access_key: self._caller("auditor", self.secret_key, READS),
                self.writing_key: self._caller("remediator", f"{self.secret_key}/writes", READS + WRITES),
            },
            "organization": self._organization(),
            "accounts": {
                self.management: self.account(self.management, "Management", "INVITED"),
                self.workloads: self.account(self.workloads, "Workloads", "CREATED"),
            },
            "serviceAccess": [{"ServicePrincipal": "sso.amazonaws.com", "DateEnabled": ENABLED}],
            "delegatedAdministrators": [],
            "instances": {self.instance: self._instance()},
            "identityStores": {self.store: {"users": {}, "groups": {}, "memberships": {}}},
            "permissionSets": {
                self.permission_set: permission_set(self.permission_set, "ReadOnlyAccess", {self.workloads: LATEST}),
            },
            "assignments": [],
            "identitySource": "external-provider",
            "identityProviderCertificates": [],
            "acs": self.acs,
            "portalAlias": self.portal,
            "portalRegion": self.region,
            "scim": {
                "enabled": True,
                "tenant": self.scim_tenant,
                "token": self.scim_token,
                "expires": "2099-12-31T00:00:00Z",
                "identityStoreId": self.store,
            },
            "applications": {},
            "trustedTokenIssuers": {},
            "accessControlAttributes": {},
            "accountAccess": {"applications": {}, "entitlements": {}},
            "assignmentCreations": [],
            "assignmentDeletions": [],
            "permissionSetProvisionings": [],
            "pending": [],
            "events": [],
            "scimEvents": [],
        }
        state.tree.setdefault("aws", {})[self.alias] = entry
        entry["events"] += events.set_up(entry, state.clock.now())

    def build_untouched(self, state: State) -> None:
        """The same before anybody has done anything: enabled, with its own directory, and nothing in it."""
        self.build(state)
        aws = state.tree["aws"][self.alias]
        aws |= {"identitySource": "identity-center-directory", "portalAlias": None}
        aws["scim"]["enabled"] = False
        aws["permissionSets"].clear()
        aws["events"].clear()

    def finish(self, state: State) -> None:
        """Give the provisioned group its access, and let somebody sign in. Without that group: LookupError."""
        from xtcheck.sandbox.keys import signing_certificate  # cryptography is heavy

        aws = state.tree["aws"][self.alias]
        aws["identityProviderCertificates"] = [signing_certificate().thumbprint]
        store = aws["identityStores"][self.store]
        group = next((key for key, each in store["groups"].items() if each["DisplayName"] == self.group), None)
        if group is None:
            raise LookupError(f"no group of {self.store} has the name '{self.group}'")
        aws["assignments"] = [
            {
                "AccountId": self.workloads,
                "PermissionSetArn": self.permission_set,
                "PrincipalType": "GROUP",
                "PrincipalId": group,
            }
        ]
        someone = next(iter(store["users"]))
        aws["events"].append(events.sign_in(aws, someone, state.clock.now() + timedelta(minutes=2)))

    def _caller(self, name: str, secret: str, actions: tuple[str, ...]) -> Json:
        return {
            "secret": secret,
            "arn": f"arn:aws:iam::{self.management}:user/xtcheck-{name}",
            "account": self.management,
            "actions": list(actions),
            "policy": None,
        }

    def _organization(self) -> Json:
        root = f"arn:aws:organizations::{self.management}"
        return {
            "Id": self.organization,
            "Arn": f"{root}:organization/{self.organization}",
            "FeatureSet": "ALL",
            "MasterAccountArn": f"{root}:account/{self.organization}/{self.management}",
            "MasterAccountId": self.management,
            "MasterAccountEmail": f"aws-management@{self.company}.example",
            "AvailablePolicyTypes": [],
        }

    def account(self, identifier: str, name: str, joined: str) -> Json:
        """One account of the organization."""
        return {
            "Id": identifier,
            "Arn": f"arn:aws:organizations::{self.management}:account/{self.organization}/{identifier}",
            "Email": f"aws-{name.lower()}@{self.company}.example",
            "Name": name,
            "Status": "ACTIVE",
            "State": "ACTIVE",
            "JoinedMethod": joined,
            "JoinedTimestamp": ENABLED,
        }

    def _instance(self) -> Json:
        region = {"RegionName": self.region, "Status": "ACTIVE", "AddedDate": ENABLED, "IsPrimaryRegion": True}
        return {
            "InstanceArn": self.instance,
            "IdentityStoreId": self.store,
            "IdentityStoreArn": f"arn:aws:identitystore::{self.management}:identitystore/{self.store}",
            "OwnerAccountId": self.management,
            "CreatedDate": ENABLED,
            "Status": "ACTIVE",
            "PrimaryRegion": self.region,
            "Regions": [region],
            "EncryptionConfigurationDetails": {"KeyType": "AWS_OWNED_KMS_KEY", "EncryptionStatus": "ENABLED"},
            "PermissionSetsEnabled": True,
        }


def permission_set(arn: str, name: str, provisioned: dict[str, str]) -> Json:
    """A permission set with the managed policy of its name."""
    return {
        "document": {
            "Name": name,
            "PermissionSetArn": arn,
            "CreatedDate": ENABLED,
            "SessionDuration": "PT1H",
        },
        "managedPolicies": [{"Name": name, "Arn": f"arn:aws:iam::aws:policy/{name}"}],
        "customerManagedPolicies": [],
        "inlinePolicy": "",
        "permissionsBoundary": None,
        "tags": [],
        "provisioned": provisioned,
    }
