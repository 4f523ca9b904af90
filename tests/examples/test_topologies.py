"""Several targets, tenants that are source and target, several AWS entries: each link is judged by its own two ends."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.examples.looking import UNCHANGED, Drift, Judgements, looked, names, told
from xtcheck.model import Json, Verdict
from xtcheck.sandbox.worlds.names import TOPOLOGIES, object_id

BAD = (Verdict.DRIFT, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE)
ISSUER = "https://scim.aws.com/{}f1a2b3-7c1d4e52-8a0b-4f63-9d27-5e1f0a6b3c84"


def of(tenant: str, place: str) -> str:
    return f"/tenants/{tenant}/{place}"


def partner(tenant: str, other: str) -> str:
    return of(tenant, f"crossTenantAccessPolicy/partners/{TOPOLOGIES[other]}")


def app(tenant: str, target: str) -> str:
    return object_id(TOPOLOGIES[tenant], "principal", f"Sync to AnyOrganization{target}")


def job(tenant: str, target: str) -> str:
    return of(tenant, f"synchronization/{app(tenant, target)}/jobs/templateId=Azure2Azure")


def replace(path: str, value: Json) -> Json:
    return {"op": "replace", "path": path, "value": value}


# --- mesh ------------------------------------------------------------------------------------------------------------

MESH: dict[str, tuple[Drift, set[str]]] = {
    "north no longer redeems for those who go to south": (
        [replace(f"{partner('north', 'south')}/automaticUserConsentSettings/outboundAllowed", value=False)],
        {
            "north/partner.south.automatic-redemption-outbound",
            "north/partner.south.effective-automatic-redemption-outbound",
            "north--south/handshake",
        },
    ),
    "south no longer redeems for those who come from north": (
        [replace(f"{partner('south', 'north')}/automaticUserConsentSettings/inboundAllowed", value=False)],
        {
            "south/partner.north.automatic-redemption-inbound",
            "south/partner.north.effective-automatic-redemption-inbound",
            "north--south/handshake",
        },
    ),
    "north no longer lets south synchronize": (
        [
            replace(
                of("north", f"crossTenantAccessPolicy/identitySynchronization/{TOPOLOGIES['south']}/userSyncInbound"),
                {"isSyncAllowed": False},
            )
        ],
        {"north/partner.south.user-sync-inbound", "south--north/handshake"},
    ),
    "south's configuration leads into another tenant": (
        [replace(of("south", f"synchronization/{app('south', 'North')}/secrets/CompanyId"), TOPOLOGIES["hub"])],
        {"south--north/synchronization.target-tenant"},
    ),
    "a person of aws-south was brought by the SCIM of aws-north": (
        [
            replace(
                "/aws/aws-south/identityStores/d-9063f1a2b3/users/DisplayName=Wang Xiulan/ExternalIds",
                [{"Issuer": ISSUER.format("9062"), "Id": "wang"}],
            )
        ],
        {"aws-south/identity-center.scim-issuers"},
    ),
    "south's app names the Identity Center of north": (
        [
            replace(
                of("south", "applications/displayName=AWS IAM Identity Center/identifierUris"),
                ["https://us-east-1.signin.aws.amazon.com/platform/saml/d-9062f1a2b3"],
            )
        ],
        {"aws-south/enterprise-app.saml-identifier"},
    ),
    "south's app provisions into the Identity Center of north": (
        [
            replace(
                of(
                    "south",
                    f"synchronization/{object_id(TOPOLOGIES['south'], 'principal', 'AWS IAM Identity Center')}"
                    "/secrets/BaseAddress",
                ),
                "https://scim.us-east-1.amazonaws.com/9062f1a2b3-7c1d4e52-8a0b-4f63-9d27-5e1f0a6b3c84/scim/v2",
            )
        ],
        {"aws-south/enterprise-app.scim-endpoint"},
    ),
    "nobody of north's account is assigned": (
        [{"op": "remove", "path": "/aws/aws-north/assignments/0"}],
        {
            "aws-north/account.211111111112.assignments",
            "aws-north/account.211111111112.provisioned-without-assignment",
            "aws-north/access.efua@anyorganizationsouth.com.211111111112",
        },
    ),
}
"""What is broken, and exactly which checks say so."""


ALL = "all of it at once, so that one reading is enough"


@pytest.fixture(scope="module")
def mesh() -> Mapping[tuple[str, str], Judgements]:
    return looked("mesh", ["mesh"], {ALL: [operation for drift, _ in MESH.values() for operation in drift]})


def test_the_mesh_is_as_its_policies_say(mesh: Mapping[tuple[str, str], Judgements]) -> None:
    found = mesh["mesh", UNCHANGED]
    assert told(found, *BAD) == {}
    subjects = {name.partition("/")[0] for name in found}
    assert subjects == {"north", "south", "north--south", "south--north", "aws-north", "aws-south"}


def test_what_is_broken_in_a_mesh_fails_where_it_is_and_nowhere_else(
    mesh: Mapping[tuple[str, str], Judgements],
) -> None:
    found = told(mesh["mesh", ALL], *BAD)
    assert found.keys() == set().union(*(checks for _, checks in MESH.values())), found


def test_each_handshake_names_the_sides_that_broke_it(mesh: Mapping[tuple[str, str], Judgements]) -> None:
    found = mesh["mesh", ALL]
    assert {link: found[f"{link}/handshake"].differences for link in ("north--south", "south--north")} == {
        "north--south": (
            "automatic redemption outbound is off in north",
            "automatic redemption inbound is off in south",
        ),
        "south--north": ("user synchronization inbound is off in north",),
    }


# --- one-to-many -----------------------------------------------------------------------------------------------------

EMEA_APP = of("hub", f"servicePrincipals/{app('hub', 'EMEA')}")
SPREAD: dict[str, Drift] = {
    "renamed": [replace(f"{EMEA_APP}/displayName", "Sync to somewhere")],
    "deleted": [{"op": "remove", "path": EMEA_APP}],
    "swapped, and one of them paused": [
        replace(of("hub", f"synchronization/{app('hub', 'EMEA')}/secrets/CompanyId"), TOPOLOGIES["apac"]),
        replace(of("hub", f"synchronization/{app('hub', 'APAC')}/secrets/CompanyId"), TOPOLOGIES["emea"]),
        replace(f"{job('hub', 'EMEA')}/status/code", "Paused"),
    ],
}


@pytest.fixture(scope="module")
def spread() -> Mapping[tuple[str, str], Judgements]:
    return looked("one-to-many", ["one-to-many"], SPREAD)


def test_one_to_many_is_as_its_policies_say(spread: Mapping[tuple[str, str], Judgements]) -> None:
    found = spread["one-to-many", UNCHANGED]
    assert told(found, *BAD) == {}
    assert {"hub--emea/synchronization.job.state", "hub--apac/synchronization.job.state"} <= found.keys()


def test_a_configuration_that_bears_another_name_than_its_pin_is_unknown(
    spread: Mapping[tuple[str, str], Judgements],
) -> None:
    """It may be the one that is meant, or another: nothing is said of it, neither good nor that it is gone."""
    found = spread["one-to-many", "renamed"]
    read_there = {name for name in found if name.startswith(("hub--emea/synchronization.", "hub--emea/mapping."))}
    assert names(found, Verdict.UNKNOWN) == read_there
    assert names(found, Verdict.DRIFT) == {"hub/synchronization.undeclared-configurations"}
    assert found["hub--emea/synchronization.state"].reason == (
        "no cross-tenant synchronization app is called Sync to AnyOrganizationEMEA, so it is not known whose "
        "Sync to somewhere is"
    )


def test_a_configuration_that_is_gone_leaves_the_others_alone(spread: Mapping[tuple[str, str], Judgements]) -> None:
    found = spread["one-to-many", "deleted"]
    assert names(found, Verdict.UNKNOWN) == set()
    drifted = names(found, Verdict.DRIFT)
    assert {"hub--emea/synchronization.state", "hub--emea/synchronization.job.state"} <= drifted
    assert {name.partition("/")[0] for name in drifted} == {"hub--emea"}


def test_each_configuration_is_judged_by_its_own_link(spread: Mapping[tuple[str, str], Judgements]) -> None:
    assert names(spread["one-to-many", "swapped, and one of them paused"], *BAD) == {
        "hub--emea/synchronization.target-tenant",
        "hub--apac/synchronization.target-tenant",
        "hub--emea/synchronization.provisioning",
    }
