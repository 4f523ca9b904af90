"""The admin endpoint: drift with its refusals, snapshots, the log, the clock."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import Client
from xtcheck.sandbox import Sandbox
from xtcheck.sandbox.worlds import NAMES, build
from xtcheck.sandbox.worlds import blog as scenario
from xtcheck.sandbox.worlds.names import TENANTS

GROUP = f"/tenants/shared/groups/displayName={scenario.DEVOPS}"
PARTNER = f"/tenants/shared/crossTenantAccessPolicy/partners/tenantId={TENANTS['one']}"


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def test_without_its_token_the_admin_endpoint_does_nothing(blog: Client) -> None:
    answer = blog.http.get(blog.connection["admin"]["url"] + "/state")
    assert answer.status_code == 401


def test_the_whole_tree_is_shown(blog: Client) -> None:
    tree = blog.admin.get("/state").json()
    assert list(tree["tenants"]) == ["one", "two", "shared"]
    assert tree["aws"]["main"]["federatedFrom"] == "shared"


def test_a_drift_is_seen_by_the_service(blog: Client) -> None:
    assert blog.drift(replace(f"{PARTNER}/inboundTrust/isMfaAccepted", False)).json() == {"applied": 1}
    path = f"/policies/crossTenantAccessPolicy/partners/{TENANTS['one']}"
    assert blog.graph("shared", path).json()["inboundTrust"]["isMfaAccepted"] is False


def test_a_drift_does_not_settle_unless_asked(blog: Client) -> None:
    rule = replace(f"{GROUP}/membershipRule", '(user.department -eq "Sales")')
    group = next(iter(blog.state.tree["tenants"]["shared"]["groups"]))
    members = f"/groups/{group}/members?$select=displayName"
    blog.drift(rule)
    assert len(blog.graph("shared", members).json()["value"]) == 3
    blog.drift(rule, settle=True)
    found = [one["displayName"] for one in blog.graph("shared", members).json()["value"]]
    assert found == ["Carlos Salazar|AnyOrganizationTwo"]


@pytest.mark.parametrize(
    "operation, reason",
    [
        (replace(f"{GROUP}/membershipRul", "x"), "no field 'membershipRul'"),
        (replace(f"{GROUP}/securityEnabled", "yes"), "is of type bool"),
        (replace(f"{GROUP}/securityEnabled", 1), "is of type bool"),
        (replace(f"{GROUP}/displayName", None), "never null"),
        (replace(f"{GROUP}/groupTypes", "DynamicMembership"), "is a collection"),
        (replace(f"{PARTNER}/inboundTrust", {"isMfaTrusted": True}), "no field 'isMfaTrusted'"),
        (replace("/tenants/shared/groups/displayName=DevOps - Shared Tenant/membershipRule", "x"), "picks 0 children"),
        (replace("/tenants/shared/users/userType=Member/department", "x"), "picks 6 children"),
        (replace("/tenants/nobody/groups", {}), "there is no 'nobody'"),
        (replace("/tenants/shared", {}), "a drift goes below"),
        (replace("/tenants/shared/groups", {}), "cannot be drifted as a whole"),
        (replace("/aws/main/region", 7), "is of type str"),
        (replace("/aws/main/accounts/111122223333", {"Nmae": "x"}), "no field 'Nmae'"),
        (replace("/aws/main/serviceAccess", [{"Principal": "x"}]), "no field 'Principal'"),
        ({"op": "add", "path": "/aws/main/regoin", "value": "x"}, "no such field"),
        ({"op": "remove", "path": f"{GROUP}/nothing"}, "there is no 'nothing'"),
        ({"op": "remove", "path": f"{GROUP}/displayName"}, "never missing"),
        ({"op": "add", "path": f"{GROUP}/displayName", "value": "x"}, "there already"),
        ({"op": "move", "path": "/tenants"}, "'op' is one of"),
        ({"op": "replace", "path": GROUP}, "wants a 'value'"),
        ({"op": "remove", "path": "tenants"}, "begins with a slash"),
    ],
)
def test_a_drift_to_what_no_service_knows_is_refused(blog: Client, operation: dict[str, Any], reason: str) -> None:
    answer = blog.drift(operation)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]


def test_a_refused_drift_changes_nothing(blog: Client) -> None:
    before = blog.admin.get("/state").json()
    assert blog.drift(replace(f"{GROUP}/description", "x"), replace(f"{GROUP}/nothing", "x")).status_code == 400
    assert blog.admin.get("/state").json() == before


def test_lists_grow_shrink_and_are_picked_from(blog: Client) -> None:
    path = f"/tenants/shared/servicePrincipals/displayName={scenario.AWS_APP}"
    add = {"op": "add", "path": f"{path}/notificationEmailAddresses/-", "value": "x@example.com"}
    assert blog.drift(add, {"op": "remove", "path": f"{path}/keyCredentials/usage=Sign"}).status_code == 200
    principals = blog.state.tree["tenants"]["shared"]["servicePrincipals"].values()
    app = next(one for one in principals if one["displayName"] == scenario.AWS_APP)
    assert app["notificationEmailAddresses"][-1] == "x@example.com"
    assert [one["usage"] for one in app["keyCredentials"]] == ["Verify"]


def test_a_collection_of_aws_takes_one_more_of_its_kind(blog: Client) -> None:
    sets = blog.state.tree["aws"]["main"]["permissionSets"]
    arn, found = next(iter(sets.items()))
    way = arn.replace("/", "~1")
    provisioned = {"op": "add", "path": f"/aws/main/permissionSets/{way}/provisioned/111122223333", "value": "x"}
    another = {"op": "add", "path": "/aws/main/permissionSets/arn:other", "value": found}
    assert blog.drift(provisioned, another).status_code == 200


def test_an_object_can_be_removed_whole(blog: Client) -> None:
    assert blog.drift({"op": "remove", "path": PARTNER}).status_code == 200
    path = f"/policies/crossTenantAccessPolicy/partners/{TENANTS['one']}"
    assert blog.graph("shared", path).status_code == 404


def test_a_snapshot_brings_everything_back(blog: Client) -> None:
    before = blog.admin.get("/state").json()
    blog.admin.post("/clock", json={"advance": "PT2H"})
    blog.drift({"op": "remove", "path": PARTNER}, settle=True)
    assert blog.admin.get("/state").json() != before
    blog.admin.post("/restore")
    assert blog.admin.get("/state").json() == before


def test_the_log_tells_reads_in_order(blog: Client) -> None:
    blog.graph("one", "/users?$select=id")
    blog.graph("two", "/users", method="POST", json={})
    first, second = [one for one in blog.admin.get("/log").json()["entries"] if one["service"] == "graph"]
    assert (first["tenant"], first["path"], first["status"], first["write"]) == (
        "one",
        "/v1.0/users?$select=id",
        200,
        False,
    )
    assert (second["tenant"], second["status"], second["write"]) == ("two", 501, True)
    blog.admin.delete("/log")
    assert blog.admin.get("/log").json() == {"entries": [], "counters": {}}


def test_the_clock_runs_the_cycles_that_are_due(blog: Client) -> None:
    jobs = blog.state.tree["tenants"]["one"]["synchronization"]
    before = json.dumps(jobs)
    blog.admin.post("/clock", json={"advance": "PT5M"})
    assert json.dumps(blog.state.tree["tenants"]["one"]["synchronization"]) == before
    blog.admin.post("/clock", json={"advance": "PT40M"})
    assert json.dumps(blog.state.tree["tenants"]["one"]["synchronization"]) != before


@pytest.mark.parametrize("text", ["40", "PT", "P", "-PT1M"])
def test_the_clock_wants_a_duration(blog: Client, text: str) -> None:
    assert blog.admin.post("/clock", json={"advance": text}).status_code == 400


def test_every_world_can_be_built() -> None:
    tenants = {name: len(build(name).tree["tenants"]) for name in (*NAMES, "fleet-5")}
    assert tenants == dict.fromkeys(NAMES, 3) | {"mesh": 2, "fleet-5": 6}
    with pytest.raises(ValueError, match="there are: blog, drifted, empty"):
        build("nowhere")


def test_building_twice_gives_the_same_ids() -> None:
    one, other = (build("blog").tree["tenants"] for _ in range(2))
    for kind in ("users", "groups", "servicePrincipals", "applications", "appRoleAssignments", "clients"):
        assert [list(tenant[kind]) for tenant in one.values()] == [list(tenant[kind]) for tenant in other.values()]


def test_files_are_private_and_go_with_the_sandbox() -> None:
    with Sandbox("empty") as sandbox:
        connection = sandbox.connection
        folder = Path(connection["ca"]).parent
        assert json.loads(json.dumps(connection)) == connection
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for tenant in connection["tenants"].values():
            assert stat.S_IMODE(Path(tenant["certificate"]).stat().st_mode) == 0o600
    assert not folder.exists()
    with pytest.raises(RuntimeError, match="not running"):
        _ = sandbox.connection


def test_a_sandbox_can_start_drifted() -> None:
    with Sandbox("blog", drift=[{"op": "remove", "path": PARTNER}]) as sandbox:
        policy = sandbox.state.tree["tenants"]["shared"]["crossTenantAccessPolicy"]
        assert list(policy["partners"]) == [TENANTS["two"]]
    with pytest.raises(ValueError, match="operation 0: there is no 'x'"):
        Sandbox("blog", drift=[{"op": "remove", "path": "/x/y"}])
