"""Entitlements of account access manager: the way of users and groups into accounts that no assignment shows.

API reference: account-access. An entitlement leads a principal of Identity Center to an existing IAM role. Entitlements
belong to an application, of which an instance has one at most; they are listed by account or by principal, for a list
without a filter is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.center import GROUPS, INSTANCE, USERS, person_name
from xtcheck.kinds.mending import GRANTS
from xtcheck.model import Break, Call, Each, Kind, Ref, Seen, Setting, Severity
from xtcheck.values import Records

Json = Any

AREA = "accounts"
CONSOLE = "IAM console > Account access manager"

_Kind = partial(Kind, home="aws", subject="aws", area=AREA, mending=GRANTS)

ALL_APPLICATIONS = Call("account-access", "list_applications", {}, "applications", many=True)

APPLICATIONS = _Kind(
    "access-applications",
    "applications of account access manager",
    source=ALL_APPLICATIONS,
    parent=INSTANCE,
)

DETAILS = _Kind(
    "access-details",
    "applications of account access manager with their instances",
    source=Each(
        Call("account-access", "get_application", {"applicationArn": "{item.applicationArn}"}, ""),
        mark="applicationArn",
    ),
    parent=APPLICATIONS,
)


def entitlements_of(application: str, principal_role: str) -> Each:
    """A list for each application of the parent's collection; ``application`` is the field that holds its ARN."""
    parameters = {"applicationArn": f"{{item.{application}}}", "filter": f'{{"principalRole": {principal_role}}}'}
    call = Call("account-access", "list_entitlements", parameters, "entitlements", many=True)
    return Each(call, mark=application)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One principal's way to one role; ``role`` is the ARN."""

    principal: str
    is_group: bool
    role: str
    account: str

    @property
    def role_name(self) -> str:
        """The role in its account: ``role/Name``, with its path. No permission set can have such a name."""
        return self.role.rpartition(":")[2]


def application_reads(scope: Scope) -> Mapping[str, Ref]:
    """What every relation over entitlements reads besides the entitlements themselves."""
    return {
        "instance": INSTANCE.ref(scope),
        "access-applications": APPLICATIONS.ref(scope),
        "access-details": DETAILS.ref(scope),
    }


def entitlements(seen: Seen, *reads: str) -> list[Entitlement]:
    """The entitlements of the declared instance in some collections.

    :raises Uninterpretable: there may be some that are not shown here.
    """
    ours = seen.documents["instance"]["InstanceArn"]
    details = seen.documents["access-details"] or ()
    instances = {detail["@of"]: detail["identitySource"]["identityCenter"]["instanceArn"] for detail in details}
    if ours not in instances.values():
        _require_that_it_would_be_shown(seen)
    listed = [item for read in reads for item in seen.documents[read] or ()]
    return [_entitlement(item) for item in listed if instances.get(item["@of"], ours) == ours]


def _require_that_it_would_be_shown(seen: Seen) -> None:
    """An application is made in account and primary Region of the instance; seen from elsewhere, none means nothing.

    IAM User Guide: Getting started with account access manager. It is delegated as account-access.amazonaws.com, apart
    from Identity Center (Security in account access manager).
    """
    instance, aws = seen.documents["instance"], seen.scope.aws
    owner, primary = instance["OwnerAccountId"], instance["PrimaryRegion"]
    here, region = (aws.account, aws.region) if aws else ("", "")
    if owner != here:
        raise Uninterpretable(
            f"no application of account access manager is shown to account {here}, and {owner} owns the instance",
            f"declare account {owner} with a credential of its own, or delegate account-access.amazonaws.com to {here}",
        )
    if primary != region:
        raise Uninterpretable(
            f"no application of account access manager is shown in {region}, and the instance's primary Region is "
            f"{primary}",
            f"declare region {primary}",
        )


def _entitlement(item: Json) -> Entitlement:
    summary = item["entitlement"]["principalRole"]
    principal, role, account = summary["principal"]["identityCenter"], summary["roleArn"], summary["account"]
    if role.split(":")[4] != account:
        raise Uninterpretable(f"an entitlement for account {account} leads to {role}")
    match principal:
        case {"userId": str(id_)}:
            return Entitlement(id_, is_group=False, role=role, account=account)
        case {"groupId": str(id_)}:
            return Entitlement(id_, is_group=True, role=role, account=account)
    raise Uninterpretable("the principal of an entitlement is neither a user nor a group")


def _reads(scope: Scope) -> Mapping[str, Ref]:
    return {
        "entitlements": ENTITLEMENTS.ref(scope),
        **application_reads(scope),
        "center-users": USERS.ref(scope),
        "center-groups": GROUPS.ref(scope),
    }


def _records(seen: Seen) -> list[Json]:
    users = {user["UserId"]: str(person_name(user)["name"]) for user in seen.documents["center-users"] or ()}
    groups = {group["GroupId"]: str(group.get("DisplayName", "")) for group in seen.documents["center-groups"] or ()}
    found = []
    for entitlement in entitlements(seen, "entitlements"):
        kind, names = ("group", groups) if entitlement.is_group else ("user", users)
        name = names.get(entitlement.principal, f"deleted {kind} {entitlement.principal}")
        found.append({kind: name, "role": entitlement.role})
    return found


def example(account: str) -> Json:
    """Entitlements that no policy of the scenario declares: a drift."""
    principal = {"identityCenter": {"userId": "9067f1a2b3-63741ace-4692-509f-acbc-298c24c64f71"}}
    role = {"principal": principal, "roleArn": f"arn:aws:iam::{account}:role/Operator", "account": account}
    application = "arn:aws:account-access:us-east-1:111122223333:application/aam-0123456789abcdef"
    moment = "2026-08-01T12:00:00Z"
    entitlement = {"entitlementId": "ent-0123456789abcdef", "entitlement": {"principalRole": role}}
    return [{**entitlement, "createdAt": moment, "@of": application}]


ENTITLEMENTS = _Kind(
    "entitlements",
    "entitlements in account",
    source=entitlements_of("applicationArn", '{"account": "{key}"}'),
    parent=APPLICATIONS,
    key="{account}",
    place="identity-center.accounts.<account>",
    label="account.<account>",
    settings=(
        Setting(
            "entitlements",
            Records(
                "entitlements",
                {
                    "group": "an Identity Center group",
                    "user": "a user name",
                    "role": "an IAM role of the account: role/Name with its path, or its ARN",
                },
                one_of=("group", "user"),
                arns=("role",),
            ),
            "Exactly who may take which IAM role of the account through account access manager; ``[]`` means nobody. "
            "What is not listed must not exist.",
            view=_records,
            reads=_reads,
            breaks=(Break("entitlements", "=", example("444455556666")),),
            severity=Severity.BLOCKER,
            remedy=f"{CONSOLE} > Assignments",
        ),
    ),
)

KINDS = (APPLICATIONS, DETAILS, ENTITLEMENTS)
