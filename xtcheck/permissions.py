"""Which permissions reading needs, and for which checks: computed from the kinds, never kept by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from xtcheck.model import Call, Check, Each, Failed, Kind, Ref, Request, Setting

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


def steps(ref: Ref) -> Iterator[tuple[str, str]]:
    """Where and with which permission each request is made that leads to an object."""
    here: Ref | None = ref
    while here is not None:
        if here.kind.source is not None and (name := permission(here.kind)):
            yield here.place, name
        here = here.parent


def needed(refs: Iterable[Ref]) -> dict[str, set[str]]:
    """The permissions that reading some references needs, by tenant or AWS entry; none that another one includes."""
    found: dict[str, set[str]] = {}
    for ref in refs:
        for place, name in steps(ref):
            found.setdefault(place, set()).add(name)
    return {place: {name for name in names if not names & includers(name)} for place, names in found.items()}


# --- what needs them --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Need:
    """What needs a permission at a place: checks by name, each with its area.

    ``clearer`` are checks whose evidence does not need it: with it their texts name things that without it are ids.
    """

    checks: dict[str, str] = field(default_factory=dict)
    clearer: dict[str, str] = field(default_factory=dict)

    @property
    def areas(self) -> dict[str, int]:
        """How many checks of each area need it."""
        return dict(sorted(Counter(self.checks.values()).items()))

    def __or__(self, other: Need) -> Need:
        return Need({**self.checks, **other.checks}, {**self.clearer, **other.clearer})


Needs = Mapping[str, Mapping[str, Need]]
"""By tenant or AWS entry, and by permission. A permission that includes another stands beside it: see ``least``."""

CODE = "checks in code"


def needs(checks: Iterable[Check], declared: Iterable[Ref] = ()) -> dict[str, dict[str, Need]]:
    """What reading for some checks needs, and for what checks in code declare."""
    found: dict[str, dict[str, Need]] = {}

    def at(place: str, name: str) -> Need:
        return found.setdefault(place, {}).setdefault(name, Need())

    for check in checks:
        for ref in check.refs.values():
            for place, name in steps(ref):
                at(place, name).checks[check.name] = check.kind.area
        for ref in check.context.values():
            for place, name in steps(ref):
                at(place, name).clearer[check.name] = check.kind.area
    for ref in declared:
        for place, name in steps(ref):
            at(place, name).checks[str(ref)] = CODE
    return found


def needs_to_write(
    checks: Iterable[Check], of_row: Callable[[Kind, Setting], Iterable[str]]
) -> dict[str, dict[str, Need]]:
    """What putting some checks right may need, by what each row takes (``kinds.writes.permissions_of_row``)."""
    found: dict[str, dict[str, Need]] = {}
    for check in checks:
        for name in of_row(check.kind, check.setting):
            place = check.kind.ref(check.scope).place
            found.setdefault(place, {}).setdefault(name, Need()).checks[check.name] = check.kind.area
    return found


def least(wanted: Mapping[str, Need]) -> dict[str, Need]:
    """The fewest of some permissions that give all of them: one that another includes counts for that one."""
    kept = {name: need for name, need in wanted.items() if not wanted.keys() & includers(name)}
    for name in wanted.keys() - kept.keys():
        for wider in kept.keys() & includers(name):
            kept[wider] |= wanted[name]
    return dict(sorted(kept.items()))


def missing(wanted: Mapping[str, Need], granted: AbstractSet[str]) -> dict[str, Need]:
    """The fewest permissions that must be granted besides, with the checks that are unknown without them."""
    lacking = {name: need for name, need in wanted.items() if need.checks and not granted & {name, *includers(name)}}
    return least(lacking)


@dataclass(frozen=True, slots=True)
class Excess:
    """A permission that was granted and that no reading needs; ``instead`` is the lesser one that would do.

    ``mends``: putting right what the policies state needs it.
    """

    permission: str
    writes: bool
    instead: str = ""
    mends: bool = False


def excessive(wanted: Mapping[str, Need], granted: AbstractSet[str], mending: Mapping[str, Need]) -> tuple[Excess, ...]:
    """What could be taken away, and nothing would be missing that is read; ``mending`` is what putting right needs."""
    found = []
    for name in sorted(granted - wanted.keys()):
        lesser = sorted(less for less in wanted if name in includers(less) and less not in granted)
        found.append(Excess(name, writes(name), lesser[0] if lesser else "", name in mending))
    return tuple(found)


def writes(permission_: str) -> bool:
    """Whether a Graph permission allows more than reading; its name is ``<resource>.<operation>.<constraint>``."""
    operations = [word for word in permission_.split(".")[1:] if word.startswith("Read")]
    return not operations or any(word.startswith("ReadWrite") for word in operations)


def includers(permission_: str) -> set[str]:
    """The permissions that include one: in Graph, ``X.ReadWrite.All`` includes ``X.Read.All``."""
    return ({permission_.replace(".Read.", ".ReadWrite.")} | WIDER.get(permission_, set())) - {permission_}


_DIRECTORY = {"Directory.Read.All", "Directory.ReadWrite.All"}
WIDER = {
    "LicenseAssignment.Read.All": {"Organization.Read.All", "Organization.ReadWrite.All", *_DIRECTORY},
    "Organization.Read.All": _DIRECTORY,
    "Application.Read.All": _DIRECTORY,
    "User.Read.All": _DIRECTORY,
    "GroupMember.Read.All": {"Group.Read.All", "Group.ReadWrite.All", *_DIRECTORY},
}
"""What also reads, where the name does not tell: "higher privileged permissions" of the reference pages
subscribedSku-list, organization-get, serviceprincipal-list, user-list, group-list and group-list-members."""
