"""The audit log: who changed users and groups, and when, as Microsoft Graph tells it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.conftest import Client
from tests.sandbox.writing import Writer
from xtcheck.sandbox.worlds import blog as scenario
from xtcheck.sandbox.worlds.names import TENANTS, object_id, synced_id

LOG = "/auditLogs/directoryAudits"
DEVOPS = object_id(TENANTS["shared"], "group", scenario.DEVOPS)
SOFIA = object_id(TENANTS["one"], "user", "Sofia Martinez")
THERE = synced_id(TENANTS["shared"], TENANTS["one"], SOFIA)
RULE = '(user.department -eq "Sales")'


def events(blog: Client, query: str = "", tenant: str = "shared") -> list[dict[str, Any]]:
    answer = blog.graph(tenant, f"{LOG}{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["value"])


def test_how_a_world_came_to_be_is_long_ago_and_a_drift_comes_behind_the_services_backs(blog: Client) -> None:
    blog.drift({"op": "replace", "path": f"/tenants/shared/groups/{DEVOPS}/description", "value": "Other"})
    assert events(blog) == []


def test_a_write_is_told_with_what_it_changed(blog: Client) -> None:
    writer = Writer(blog, "shared")
    before = writer.get(f"/groups/{DEVOPS}")["membershipRule"]
    assert writer("PATCH", f"/groups/{DEVOPS}", {"membershipRule": RULE}).status_code == 204
    [event] = events(blog, "?$filter=activityDisplayName eq 'Update group'")
    assert (event["category"], event["operationType"], event["result"]) == ("GroupManagement", "Update", "success")
    [target] = event["targetResources"]
    assert (target["id"], target["type"]) == (DEVOPS, "Group")
    assert target["modifiedProperties"] == [
        {"displayName": "MembershipRule", "oldValue": json.dumps([before]), "newValue": json.dumps([RULE])},
        {"displayName": "Included Updated Properties", "oldValue": None, "newValue": '"MembershipRule"'},
    ]


def test_what_a_job_brings_is_told_in_the_target(blog: Client) -> None:
    rename = {"op": "replace", "path": f"/tenants/one/users/{SOFIA}/jobTitle", "value": "Lead"}
    blog.drift(rename, settle=True).raise_for_status()
    [event] = events(blog, "?$filter=activityDisplayName eq 'Update user'")
    assert event["targetResources"][0]["id"] == THERE
    assert event["initiatedBy"]["app"]["displayName"] == "Microsoft.Azure.SyncFabric"
    assert events(blog, tenant="one") == []


def test_the_newest_come_first_unless_asked_otherwise(blog: Client) -> None:
    writer = Writer(blog, "shared")
    for text in ("first", "second"):
        writer("PATCH", f"/groups/{DEVOPS}", {"description": text})
        blog.admin.post("/clock", json={"advance": "PT1M"})

    def told(query: str) -> list[str]:
        found = events(blog, f"?$filter=activityDisplayName eq 'Update group'{query}")
        return [json.loads(each["targetResources"][0]["modifiedProperties"][0]["newValue"])[0] for each in found]

    assert told("&$orderby=activityDateTime desc") == told("") == ["second", "first"]
    assert told("&$orderby=activityDateTime") == ["first", "second"]
    latest = events(blog, "?$orderby=activityDateTime desc&$top=1")[0]["activityDateTime"]
    assert told(f" and activityDateTime ge {latest}") == ["second"]


@pytest.mark.parametrize("query", ["?$orderby=category", "?$orderby=activityDateTime up",
                                   "?$filter=activityDateTime gt 2026-01-01T00:00:00Z", "?$search=x"])  # fmt: skip
def test_what_its_page_does_not_name_is_refused(blog: Client, query: str) -> None:
    assert blog.graph("shared", f"{LOG}{query}").status_code == 400


def test_without_a_premium_licence_there_is_none(blog: Client) -> None:
    for sku in blog.state.tree["tenants"]["one"]["subscribedSkus"].values():
        sku["capabilityStatus"] = "Suspended"
    assert blog.graph("one", LOG).status_code == 403
