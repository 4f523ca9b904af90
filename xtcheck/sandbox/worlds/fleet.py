"""The worlds ``fleet-<n>``: n generated source tenants and the shared one, for tests of scale."""

from __future__ import annotations

import uuid

from xtcheck.sandbox.aws import world as aws
from xtcheck.sandbox.engines import groups, jobs
from xtcheck.sandbox.state import State
from xtcheck.sandbox.worlds import blog, setup
from xtcheck.sandbox.worlds.tenant import add_group, add_user, tenant

MOST = 10_000
ENGINEERS = 3
"""How many sources have somebody for the dynamic group: the AWS side stays small."""
_NAMESPACE = uuid.UUID("0e1d0a10-7c5f-4b6e-9a51-a1c0de00f1ee")


def alias_of(number: int) -> str:
    """The alias of a source: source-0001 is the first."""
    return f"source-{number:04d}"


def tenant_id(number: int) -> str:
    """The id of a source."""
    return str(uuid.uuid5(_NAMESPACE, alias_of(number)))


def label_of(number: int) -> str:
    """The display name of a source."""
    return f"AnyOrganization{number:04d}"


def build(state: State, size: int) -> None:
    """Named and wired as ``blog``: each source has the group ``AWS Users`` with one of its two people in it.

    :raises ValueError: a fleet of no tenant, or of too many.
    """
    if not 1 <= size <= MOST:
        raise ValueError(f"a fleet has between 1 and {MOST} tenants")
    setup.begin(state)
    tenants = state.tree["tenants"]
    shared = tenants["shared"] = blog.shared_tenant()
    for number in range(1, size + 1):
        _source(tenants, shared, number)
    group = add_group(shared, blog.DEVOPS, "devops-shared", members=[], rule=blog.RULE)
    aws.BLOG.build(state)
    for alias, principal, job in jobs.running(state):
        jobs.run(state, alias, principal, job["id"])
    groups.evaluate(state)
    setup.federate(shared, aws.BLOG, [("Group", group)])
    ((principal, synchronization),) = shared["synchronization"].items()
    jobs.run(state, "shared", principal, next(iter(synchronization["jobs"])))
    aws.BLOG.finish(state)
    setup.end(state)


def _source(tenants: dict[str, setup.Tenant], shared: setup.Tenant, number: int) -> None:
    alias, domain = alias_of(number), label_of(number).lower()
    made = tenant(alias, tenant_id(number), label_of(number), f"{domain}.onmicrosoft.com", f"{domain}.com")
    tenants[alias] = made
    for client in made["clients"].values():
        client["roles"].append("Synchronization.ReadWrite.All")
    department = "DevOps" if number <= ENGINEERS else "Finance"
    # AWS is told the mail nickname as the external id, which must be nobody else's.
    one = add_user(made, f"Alex{number:04d} Example", f"alex{number:04d}@{domain}.com", department, "Engineer")
    add_user(made, f"Robin{number:04d} Example", f"robin{number:04d}@{domain}.com", "Sales", "Account Manager")
    group = add_group(made, blog.AWS_USERS, "aws-users", members=[one])
    setup.trust(made, shared)
    setup.synchronize(made, shared, blog.SYNC_APP, group, schema=setup.light_schema())
