"""The world ``blog``: the reference scenario, built by setting it up and then letting the engines run."""

from __future__ import annotations

from xtcheck.sandbox import engines
from xtcheck.sandbox.aws import world as aws
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json
from xtcheck.sandbox.worlds import names, setup
from xtcheck.sandbox.worlds.tenant import add_group, add_remediator, add_user, tenant

SOURCES = {"one": "AnyOrganizationOne", "two": "AnyOrganizationTwo"}
SYNC_APP = "Sync to CorporateAzureADtoAWS"
AWS_APP = setup.AWS_APP
AWS_USERS = "AWS Users"
DEVOPS = "DevOps \N{EN DASH} Shared Tenant"
RULE = '(user.department -eq "DevOps")'
IDENTIFIER = aws.BLOG.identifier
REPLY = aws.BLOG.reply
PEOPLE = {
    "one": (
        ("Sofia Martinez", "sofia", "DevOps", "DevOps Engineer", True),
        ("Nikki Wolf", "nikki", "DevOps", "Site Reliability Engineer", True),
        ("Pat Candella", "pat", "Finance", "Financial Analyst", True),
        ("Jorge Souza", "jorge", "DevOps", "Build Engineer", False),
    ),
    "two": (
        ("Mary Major", "mary", "DevOps", "DevOps Engineer", True),
        ("Carlos Salazar", "carlos", "Sales", "Account Manager", True),
        ("Li Juan", "li", "DevOps", "Platform Engineer", False),
    ),
}
"""Per source: name, local part of the address, department, title, and whether the group AWS Users has them."""


def bare(state: State) -> None:
    """The three tenants with their people, without any configuration."""
    tenants = state.tree["tenants"]
    for alias, name in SOURCES.items():
        domain = name.lower()
        tenants[alias] = tenant(alias, names.TENANTS[alias], name, f"{domain}.onmicrosoft.com", f"{domain}.com")
    tenants["shared"] = shared_tenant()
    # Secrets of a job can be read only with a writing permission: one tenant has opted in.
    for client in tenants["one"]["clients"].values():
        client["roles"].append("Synchronization.ReadWrite.All")
    for alias, made in tenants.items():
        add_remediator(made, alias)
    for alias, people in PEOPLE.items():
        for name, local, department, title, _ in people:
            add_user(tenants[alias], name, f"{local}@{SOURCES[alias].lower()}.com", department, title)


def build_empty(state: State) -> None:
    """Before anybody has set anything up: the bare tenants, and an Identity Center that has just been enabled.

    The sources have their people, in a group of each. Who builds it may read what provisioning is given.
    """
    bare(state)
    for alias in ("two", "shared"):
        reader = next(iter(state.tree["tenants"][alias]["clients"].values()))
        reader["roles"].append("Synchronization.ReadWrite.All")
    for alias in SOURCES:
        _aws_users(state.tree["tenants"][alias], alias)
    aws.BLOG.build_untouched(state)


def _aws_users(source: dict[str, Json], alias: str) -> str:
    """The group of those who shall come to AWS; its id."""
    members = [names.object_id(source["id"], "user", person[0]) for person in PEOPLE[alias] if person[4]]
    return add_group(source, AWS_USERS, "aws-users", members=members)


def shared_tenant() -> dict[str, Json]:
    """The target of the scenario, with its administrator and nothing else."""
    initial = "SharedAADIdentitytoAWS.onmicrosoft.com"
    made = tenant("shared", names.TENANTS["shared"], "CorporateAzureADtoAWS", initial)
    add_user(made, "Shared Administrator", f"admin@{initial}", "IT", "Admin")
    return made


def build(state: State) -> None:
    """Everything of the scenario, with the engines run."""
    setup.begin(state)
    bare(state)
    tenants = state.tree["tenants"]
    shared = tenants["shared"]
    for alias in SOURCES:
        source = tenants[alias]
        group = _aws_users(source, alias)
        setup.trust(source, shared)
        setup.synchronize(source, shared, SYNC_APP, group)
    devops = add_group(shared, DEVOPS, "devops-shared", members=[], rule=RULE)
    aws.BLOG.build(state)
    # The first settling brings the people, the second what is assigned to them.
    engines.settle(state)
    sofia = names.object_id(names.TENANTS["one"], "user", "Sofia Martinez")
    synced = names.synced_id(shared["id"], names.TENANTS["one"], sofia)
    setup.federate(shared, aws.BLOG, [("Group", devops), ("User", synced)])
    engines.settle(state)
    aws.BLOG.finish(state)
    setup.end(state)
