"""What surrounds an Identity Center instance: organization, network of the identity store, applications, issuers, ABAC.

API reference: sso-admin, identitystore, organizations. The organization's lists are answered only to the management
account and to delegated administrators.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds import instance_writes as writes
from xtcheck.kinds.center import CONSOLE, INSTANCE
from xtcheck.kinds.mending import ADMINISTERS, GRANTS, by_hand, unsafe
from xtcheck.kinds.permission_sets import PERMISSION_SETS
from xtcheck.model import Break, Call, Kind, Ref, Seen, Setting, Severity
from xtcheck.values import Choice, Names, Records

Json = Any

SSO, ANYWHERE = writes.SSO, writes.ANYWHERE
AREA = "IAM Identity Center"

BY_NAME = by_hand("a name is not enough to make one, and none is deleted")

_Kind = partial(
    Kind,
    home="aws",
    subject="aws",
    area=AREA,
    place="identity-center",
    label="identity-center",
)
_OF_INSTANCE = {"InstanceArn": "{instance.InstanceArn}"}


def _trusted(seen: Seen) -> bool:
    return any(item["ServicePrincipal"] == SSO for item in seen.documents["service-access"] or ())


SERVICE_ACCESS = _Kind(
    "service-access",
    "services with trusted access to the organization",
    parent=INSTANCE,
    source=Call("organizations", "list_aws_service_access_for_organization", {}, "EnabledServicePrincipals", many=True),
    mending=by_hand("AWS has it done in the console, which sets up more than the trust"),
    settings=(
        Setting(
            "organization-trust",
            Choice({"on": True, "off": False}),
            "The organization trusts IAM Identity Center, without which it cannot work in the accounts.",
            view=_trusted,
            breaks=(Break("service-access", "#ServicePrincipal", "ram.amazonaws.com"),),
            severity=Severity.CRITICAL,
            remedy="AWS Organizations console > Services > AWS IAM Identity Center",
        ),
    ),
)


def _delegates(seen: Seen) -> list[Json]:
    found = seen.documents["delegated-administrators"] or ()
    return [{"name": item["Id"], "id": item["Id"], "also": [item.get("Name", "")]} for item in found]


DELEGATES = _Kind(
    "delegated-administrators",
    "delegated administrators of Identity Center",
    parent=INSTANCE,
    source=Call(
        "organizations",
        "list_delegated_administrators",
        {"ServicePrincipal": SSO},
        "DelegatedAdministrators",
        many=True,
    ),
    mending=ADMINISTERS,
    write=writes.DELEGATES,
    settings=(
        Setting(
            "delegated-administrators",
            Names("accounts"),
            "The member accounts that may administer Identity Center, by id or name; ``[]`` means none.",
            view=_delegates,
            sets=writes.sets_delegates,
            breaks=(
                Break(
                    "delegated-administrators",
                    "=",
                    [
                        {
                            "Id": "444455556666",
                            "Arn": "arn:aws:organizations::111122223333:account/o-xtcheckblog/444455556666",
                            "Name": "Workloads",
                            "Status": "ACTIVE",
                        }
                    ],
                ),
            ),
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Settings > Management > Delegated administrator",
        ),
    ),
)


def _sources(seen: Seen) -> list[str]:
    """From where SCIM is let in: anywhere unless the identity store asks for VPC endpoints."""
    network = seen.documents["identity-store-network"].get("NetworkConfiguration") or {}
    if not network.get("VpceAccessRequired"):
        return [ANYWHERE]
    allowed = network.get("ScimAllowSourceIps")
    if not isinstance(allowed, list):
        raise Uninterpretable("VPC endpoints are required, and ScimAllowSourceIps is not shown")
    return sorted(map(str, allowed))


NETWORK = _Kind(
    "identity-store-network",
    "network configuration of the identity store",
    parent=INSTANCE,
    source=Call("identitystore", "describe_identity_store", {"IdentityStoreId": "{instance.IdentityStoreId}"}, ""),
    mending=unsafe("it may shut Entra's provisioning out, or let others in"),
    write=writes.NETWORK,
    settings=(
        Setting(
            "scim-allow-list",
            Names("address ranges"),
            "The source addresses from which SCIM is let in; ``[anywhere]`` where the identity store does not ask for "
            "VPC endpoints. Without the ranges of the service tag AzureActiveDirectory, Entra's provisioning is cut "
            "off.",
            view=_sources,
            sets=writes.sets_network,
            breaks=(
                Break(
                    "identity-store-network",
                    "NetworkConfiguration",
                    {"VpceAccessRequired": True, "ScimAllowSourceIps": ["203.0.113.0/24"]},
                ),
            ),
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Settings > Network access",
        ),
    ),
)


def _application_names(seen: Seen) -> list[Json]:
    found = seen.documents["center-applications"] or ()
    return [{"name": item.get("Name") or item["ApplicationArn"], "id": item["ApplicationArn"]} for item in found]


APPLICATIONS = _Kind(
    "center-applications",
    "applications of Identity Center",
    parent=INSTANCE,
    source=Call("sso-admin", "list_applications", _OF_INSTANCE, "Applications", many=True),
    mending=BY_NAME,
    settings=(
        Setting(
            "applications",
            Names("applications"),
            "The applications that people reach through Identity Center besides AWS accounts, by name or ARN; ``[]`` "
            "means none.",
            view=_application_names,
            breaks=(
                Break(
                    "center-applications",
                    "=",
                    [
                        {
                            "ApplicationArn": "arn:aws:sso::111122223333:application/"
                            "ssoins-7223f1a2b3c4d5e6/apl-0123456789abcdef",
                            "Name": "Undeclared",
                        }
                    ],
                ),
            ),
            remedy=f"{CONSOLE} > Applications",
        ),
    ),
)


def _issuer_names(seen: Seen) -> list[Json]:
    found = seen.documents["trusted-token-issuers"] or ()
    return [{"name": item["Name"], "id": item["TrustedTokenIssuerArn"]} for item in found]


TOKEN_ISSUERS = _Kind(
    "trusted-token-issuers",
    "trusted token issuers",
    parent=INSTANCE,
    source=Call("sso-admin", "list_trusted_token_issuers", _OF_INSTANCE, "TrustedTokenIssuers", many=True),
    mending=BY_NAME,
    settings=(
        Setting(
            "trusted-token-issuers",
            Names("trusted token issuers"),
            "Whose tokens applications may exchange for an identity of Identity Center, by name or ARN; ``[]`` means "
            "nobody's.",
            view=_issuer_names,
            breaks=(
                Break(
                    "trusted-token-issuers",
                    "=",
                    [
                        {
                            "TrustedTokenIssuerArn": "arn:aws:sso::111122223333:trustedTokenIssuer/"
                            "ssoins-7223f1a2b3c4d5e6/tti-00000000-1111-4222-8333-444444444444",
                            "Name": "Undeclared",
                            "TrustedTokenIssuerType": "OIDC_JWT",
                        }
                    ],
                ),
            ),
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Settings > Authentication > Trusted token issuers",
        ),
    ),
)


def _access_control_reads(scope: Scope) -> Mapping[str, Ref]:
    return {"access-control": ACCESS_CONTROL.ref(scope)}


def _attributes(seen: Seen) -> list[Json]:
    """Keys with their sources; nothing when attributes for access control are off."""
    document = seen.documents["access-control"]
    if document is None:
        return []
    if document["Status"] != "ENABLED":
        raise Uninterpretable(f"attributes for access control are {document['Status']}")
    found = document["InstanceAccessControlAttributeConfiguration"]["AccessControlAttributes"]
    return [{"key": item["Key"], "source": ", ".join(item["Value"]["Source"])} for item in found]


ACCESS_CONTROL = _Kind(
    "access-control",
    "attributes for access control",
    parent=INSTANCE,
    source=Call(
        "sso-admin",
        "describe_instance_access_control_attribute_configuration",
        _OF_INSTANCE,
        "",
        absent=frozenset({"ResourceNotFoundException"}),
    ),
    mending=GRANTS,
    write=writes.ACCESS_CONTROL,
    settings=(
        Setting(
            "access-control-attributes",
            Records("attributes", {"key": "the session tag", "source": "${path:…}, where its value stands"}),
            "The attributes of people that become session tags (ABAC); ``[]`` means that it is off, or that there are "
            "none. Attributes that only the SAML assertion carries are not shown.",
            view=_attributes,
            sets=writes.sets_attributes,
            reads=_access_control_reads,
            breaks=(
                Break(
                    "access-control",
                    "=",
                    {
                        "Status": "ENABLED",
                        "InstanceAccessControlAttributeConfiguration": {
                            "AccessControlAttributes": [
                                {"Key": "department", "Value": {"Source": ["${path:enterprise.department}"]}}
                            ]
                        },
                    },
                ),
            ),
            remedy=f"{CONSOLE} > Settings > Attributes for access control",
        ),
    ),
)

ORGANIZATION = _Kind(
    "aws-organization",
    "organization",
    parent=INSTANCE,
    source=Call("organizations", "describe_organization", {}, "Organization"),
    place="",
    label="",
)


def _management_sets(seen: Seen) -> list[Json]:
    names = {item["PermissionSetArn"]: str(item["Name"]) for item in seen.documents["permission-sets"] or ()}
    return [{"name": names.get(arn, arn), "id": arn} for arn in seen.documents["management-sets"] or ()]


def _management_reads(scope: Scope) -> Mapping[str, Ref]:
    return {"management-sets": MANAGEMENT_SETS.ref(scope), "permission-sets": PERMISSION_SETS.ref(scope)}


MANAGEMENT_SETS = _Kind(
    "management-sets",
    "permission sets provisioned to the management account",
    parent=ORGANIZATION,
    source=Call(
        "sso-admin",
        "list_permission_sets_provisioned_to_account",
        {"InstanceArn": "{instance.InstanceArn}", "AccountId": "{aws-organization.MasterAccountId}"},
        "PermissionSets",
        many=True,
    ),
    mending=by_hand("the management account is left to its own administrators"),
    settings=(
        Setting(
            "management-account-permission-sets",
            Names("permission sets"),
            "The permission sets that the organization's management account holds, by name; ``[]`` means none. Who has "
            "one there rules the organization, and no delegated administrator can take it away.",
            view=_management_sets,
            reads=_management_reads,
            breaks=(Break("management-sets", "=", ["ReadOnlyAccess"]),),
            severity=Severity.BLOCKER,
            remedy=f"{CONSOLE}, signed in to the management account itself > AWS accounts > the management account",
        ),
    ),
)

KINDS = (
    SERVICE_ACCESS, DELEGATES, NETWORK, APPLICATIONS, TOKEN_ISSUERS, ACCESS_CONTROL, ORGANIZATION, MANAGEMENT_SETS,
)  # fmt: skip
