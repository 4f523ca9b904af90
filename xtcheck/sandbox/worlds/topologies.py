"""The worlds ``mesh`` and ``one-to-many``: two AWS organizations, each federated from a tenant of its own."""

from __future__ import annotations

from itertools import permutations

from xtcheck.sandbox.aws.entry import Entry
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json
from xtcheck.sandbox.worlds import names, setup
from xtcheck.sandbox.worlds.tenant import add_group, add_remediator, add_user, tenant

GROUP = "Cloud Engineers"
"""The dynamic group of each federated tenant."""
RULE = '(user.department -eq "DevOps")'
SHARED_PEOPLE = "Shared People"
"""The group of each source whose members are synchronized."""


def _entry(alias: str, tenant_alias: str, digit: int, region: str) -> Entry:
    return Entry(
        alias=alias,
        tenant=tenant_alias,
        management=f"{digit}0000000000{digit}",
        workloads=f"{digit}1111111111{digit}",
        organization=f"o-xtcheck{tenant_alias}"[:34],
        instance=f"arn:aws:sso:::instance/ssoins-{digit}223f1a2b3c4d5e6",
        store=f"d-906{digit}f1a2b3",
        scim_tenant=f"906{digit}f1a2b3-7c1d4e52-8a0b-4f63-9d27-5e1f0a6b3c84",
        scim_token=f"sandbox-scim-token-{tenant_alias}",
        access_key=f"AKIAXTCHECKSANDBOX{digit}{digit}",
        secret_key=f"sandbox/secret/of/the/auditor/000000000{digit}",
        portal=f"anyorganization{tenant_alias}",
        group=GROUP,
        region=region,
        company=f"anyorganization{tenant_alias}",
    )


AWS = {
    "mesh": (_entry("aws-north", "north", 2, "us-east-1"), _entry("aws-south", "south", 3, "eu-west-1")),
    "one-to-many": (_entry("aws-emea", "emea", 4, "eu-central-1"), _entry("aws-apac", "apac", 5, "ap-southeast-2")),
}
"""The AWS entries by world."""


def build_mesh(state: State) -> None:
    """Two tenants, each source and target of the other."""
    setup.begin(state)
    made = _tenants(state, {"north": "AnyOrganizationNorth", "south": "AnyOrganizationSouth"})
    people = {
        "north": (("Ana Carolina Silva", "ana", "DevOps", True), ("Diego Ramirez", "diego", "Finance", True)),
        "south": (("Efua Owusu", "efua", "DevOps", True), ("Wang Xiulan", "wang", "DevOps", False)),
    }
    for alias, each in people.items():
        _populate(made[alias], each)
    for source, target in permutations(made.values(), 2):
        _link(source, target)
    setup.connect(state, dict.fromkeys(AWS["mesh"], RULE))
    setup.end(state)


def build_one_to_many(state: State) -> None:
    """One source with two sync configurations, one for each target."""
    setup.begin(state)
    made = _tenants(state, {"hub": "AnyOrganizationHub", "emea": "AnyOrganizationEMEA", "apac": "AnyOrganizationAPAC"})
    people = (("Kwaku Mensah", "kwaku", "DevOps", True), ("Saanvi Sarkar", "saanvi", "Sales", True))
    _populate(made["hub"], people)
    for alias in ("emea", "apac"):
        _link(made["hub"], made[alias])
    setup.connect(state, dict.fromkeys(AWS["one-to-many"], RULE))
    setup.end(state)


def sync_app(target: Json) -> str:
    """The name of the sync configuration into a target."""
    return f"Sync to {target['organization']['displayName']}"


def _tenants(state: State, labels: dict[str, str]) -> dict[str, setup.Tenant]:
    tenants: dict[str, setup.Tenant] = state.tree["tenants"]
    for alias, label in labels.items():
        domain = label.lower()
        tenants[alias] = tenant(alias, names.TOPOLOGIES[alias], label, f"{domain}.onmicrosoft.com", f"{domain}.com")
        # The settings of a job can be read only with a writing permission: these tenants have opted in.
        for client in tenants[alias]["clients"].values():
            client["roles"].append("Synchronization.ReadWrite.All")
        add_remediator(tenants[alias], alias)
    return tenants


def _populate(source: setup.Tenant, people: tuple[tuple[str, str, str, bool], ...]) -> None:
    """People by name, local part of the address, department, and whether they are shared."""
    domain = source["organization"]["displayName"].lower()
    members = []
    for name, local, department, shared in people:
        identifier = add_user(source, name, f"{local}@{domain}.com", department, "Engineer")
        members += [identifier] if shared else []
    add_group(source, SHARED_PEOPLE, "shared-people", members=members)


def _link(source: setup.Tenant, target: setup.Tenant) -> None:
    setup.trust(source, target)
    group = names.object_id(source["id"], "group", SHARED_PEOPLE)
    setup.synchronize(source, target, sync_app(target), group)
