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

from xtcheck.errors import Uninterpretable, Unwritable
from xtcheck.estate import Scope
from xtcheck.kinds.accounts import PROVISIONED, only
from xtcheck.kinds.center import GROUPS, INSTANCE, USERS, person_name
from xtcheck.kinds.mending import GRANTS
from xtcheck.model import Break, Call, Each, Kind, Ref, Seen, Setting, Severity
from xtcheck.shapes import Members, Send, Window, item_path
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
        # Of an account that does not exist there are no entitlements either; whether that is refused, no documentation
        # says. What the other rows of an account read is refused then.
        "provisioned-sets": PROVISIONED.ref(scope),
        **application_reads(scope),
        "center-users": USERS.ref(scope),
        "center-groups": GROUPS.ref(scope),
    }


def _directory(seen: Seen) -> tuple[dict[str, str], dict[str, str]]:
    """The names of the users and the groups of the identity store, by their ids."""
    users = {user["UserId"]: str(person_name(user)["name"]) for user in seen.documents["center-users"] or ()}
    groups = {group["GroupId"]: str(group.get("DisplayName", "")) for group in seen.documents["center-groups"] or ()}
    return users, groups


def _records(seen: Seen) -> list[Json]:
    users, groups = _directory(seen)
    found = []
    for entitlement in entitlements(seen, "entitlements"):
        kind, names = ("group", groups) if entitlement.is_group else ("user", users)
        name = names.get(entitlement.principal, f"deleted {kind} {entitlement.principal}")
        found.append({kind: name, "role": entitlement.role})
    return found


def _call(word: str, action: str) -> Send:
    """The API has no token by which a repeated call would be known (account-access)."""
    operation, permission = f"{word}_entitlement", f"account-access:{action}Entitlement"
    return Send("", operation, permission, {}, "account-access", idempotent=False)


def _added(item: Json) -> Mapping[str, Json]:
    """The account is not sent: it is the role's own."""
    role = item["entitlement"]["principalRole"]
    sent = {"principal": role["principal"], "roleArn": role["roleArn"]}
    return {"applicationArn": item["@of"], "entitlement": {"principalRole": sent}}


PRINCIPALS = ("principal.identityCenter.userId", "principal.identityCenter.groupId")
SHAPE = Members(
    add=_call("create", "Create"),
    remove=_call("delete", "Delete"),
    added=_added,
    removed=lambda item: {"applicationArn": item["@of"], "entitlementId": item["entitlementId"]},
    window=Window("entitlements", 5, 120, "not documented; a minute or two are taken for enough"),
    order=71,
    # What it shows besides, accountName, CreateEntitlement does not take.
    own=("@of", *(f"entitlement.principalRole.{name}" for name in (*PRINCIPALS, "roleArn", "account"))),
)


def _sends(expected: Json, seen: Seen) -> Mapping[str, Json]:
    """Each entitlement that lacks, and those that nobody declared.

    :raises Unwritable: who is meant is not there, or nothing that entitlements could belong to.
    """
    found: dict[str, Json] = {}
    there = list(zip(_ours(seen), _records(seen), strict=True))
    arn = seen.documents["instance"]["InstanceArn"]
    account = seen.scope.slots["account"]
    wanted = [{**record, "role": _role(record["role"], account, arn)} for record in expected]
    for item, record in there:
        if record not in wanted:
            found[_path(item, record)] = None
    for record in wanted:
        if record not in (known for _, known in there):
            item = {"@of": _application(seen), "entitlement": {"principalRole": _summary(record, seen, account)}}
            found[_path(item, record)] = item
    return found


def _ours(seen: Seen) -> list[Json]:
    """The items behind the records, in their order."""
    ours = seen.documents["instance"]["InstanceArn"]
    instances = {each["@of"]: each["identitySource"]["identityCenter"]["instanceArn"]
                 for each in seen.documents["access-details"] or ()}  # fmt: skip
    return [item for item in seen.documents["entitlements"] or () if instances.get(item["@of"], ours) == ours]


def _role(text: str, account: str, instance: str) -> str:
    """A role's ARN, which a policy may shorten; its partition is the instance's."""
    return text if text.startswith("arn:") else f"arn:{instance.split(':')[1]}:iam::{account}:{text}"


def _application(seen: Seen) -> str:
    ours = seen.documents["instance"]["InstanceArn"]
    found = [str(each["@of"]) for each in seen.documents["access-details"] or ()
             if each["identitySource"]["identityCenter"]["instanceArn"] == ours]  # fmt: skip
    if len(found) != 1:
        raise Unwritable("the instance has no application of account access manager: somebody must set it up")
    return found[0]


def _summary(record: Json, seen: Seen, account: str) -> Json:
    users, groups = _directory(seen)
    word, known = ("groupId", groups) if "group" in record else ("userId", users)
    principal = {"identityCenter": {word: only(record, known)}}
    return {"principal": principal, "roleArn": record["role"], "account": account}


def _path(item: Json, record: Json) -> str:
    """An entitlement by whose it is and what it says, as its id is the service's; for a person by names."""
    named = ", ".join(f"{field} {text}" for field, text in record.items())
    return item_path(**{"@": named, **SHAPE.part(item)})


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
    write=SHAPE,
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
            "What is not listed must not exist. Of an account that Identity Center does not know it is unknown.",
            view=_records,
            sends=_sends,
            reads=_reads,
            breaks=(Break("entitlements", "=", example("444455556666")),),
            severity=Severity.BLOCKER,
            remedy=f"{CONSOLE} > Assignments",
        ),
    ),
)

KINDS = (APPLICATIONS, DETAILS, ENTITLEMENTS)
