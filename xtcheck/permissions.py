"""Which permissions reading needs: computed from the kinds, never kept by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from xtcheck.model import Call, Each, Failed, Kind, Ref, Request

IAM = {"sso-admin": "sso", "identitystore": "identitystore", "organizations": "organizations", "sts": "sts",
       "account-access": "account-access", "cloudtrail": "cloudtrail"}  # fmt: skip
"""IAM's prefix of each service's actions (Service Authorization Reference)."""


def chain(kind: Kind) -> Iterator[Kind]:
    """The kind and everything that must be read before it."""
    here: Kind | None = kind
    while here is not None:
        yield here
        here = here.parent


def permission(kind: Kind) -> str:
    """What reading one kind needs: a Graph application permission, an IAM action, or nothing."""
    match kind.source:
        case Call() as call:
            return action(call)
        case Each(Call() as call):
            return action(call)
        case _:
            return kind.permission


def remedy(request: Request, answer: Failed, words: Mapping[str, str]) -> str:
    """What to do about a request that has no answer, knowing the ``kind.field`` words of what is above it.

    The management account owns an organization's Identity Center, and permission sets provisioned there are no matter
    for a delegated administrator, whatever it is allowed (IAM Identity Center User Guide: Delegated administration).
    """
    owner = words.get("instance.OwnerAccountId", "")
    if not owner or answer.refused in {"", owner} or request.service != "sso-admin":
        return answer.remedy
    elsewhere = f"declare account {owner}, the management account, with a credential of its own, and run from there"
    given = dict(request.parameters)
    if given.get("AccountId") == owner:
        return f"{elsewhere}: a delegated administrator may be refused what concerns it"
    if "PermissionSetArn" in given:
        return f"{answer.remedy}; if the permission set is in the management account too, {elsewhere}"
    return answer.remedy


def action(call: Call) -> str:
    """The IAM action of an AWS operation."""
    return f"{IAM[call.service]}:{operation_name(call.operation)}"


def operation_name(operation: str) -> str:
    """The API's name of an operation by boto3's: ``list_instances`` is ListInstances."""
    return "".join("AWS" if word == "aws" else word.title() for word in operation.split("_"))


def needed(refs: Iterable[Ref]) -> dict[str, set[str]]:
    """The permissions that reading some references needs, by tenant or AWS entry; none that another one includes."""
    found: dict[str, set[str]] = {}
    for ref in refs:
        here: Ref | None = ref
        while here is not None:
            if here.kind.source is not None:
                name = permission(here.kind)
                found.setdefault(here.place, set()).update({name} if name else ())
            here = here.parent
    return {place: {name for name in names if not names & includers(name)} for place, names in found.items()}


def includers(permission_: str) -> set[str]:
    """The permissions that include one: in Graph, ``X.ReadWrite.All`` includes ``X.Read.All``."""
    return ({permission_.replace(".Read.", ".ReadWrite.")} | WIDER.get(permission_, set())) - {permission_}


WIDER = {"LicenseAssignment.Read.All": {"Organization.Read.All", "Directory.Read.All"}}
"""What also reads, by its reference page, where the name does not tell: subscribedSku-list."""
