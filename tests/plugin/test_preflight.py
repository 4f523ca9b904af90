"""Before the results, and once: who does not get in, what is missing, what is too much."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gates.scenario import config
from tests.plugin import running
from tests.plugin.running import Json, Ran
from tests.plugin.test_unreadable import live_config
from xtcheck.answers import Entrance
from xtcheck.permissions import Need
from xtcheck.preflight import preflight
from xtcheck.report import preflight as report
from xtcheck.report.schema import schema
from xtcheck.sandbox import Sandbox

POLICY = """\
applies-to: {tenant: [one, two, shared]}
tenant: {country: US, entra-id-licence: [P1, P2]}
cross-tenant-access: {undeclared-partners: forbidden}
---
applies-to: aws
identity-center: {status: active, organization-trust: on}
"""

Run = Callable[..., tuple[Ran, dict[str, Json]]]


def client(sandbox: Sandbox, alias: str) -> Json:
    return next(iter(sandbox.state.tree["tenants"][alias]["clients"].values()))


@pytest.fixture
def run(live: Sandbox, tmp_path: Path) -> Run:
    """Run the policy, with options, against the sandbox as it is then; what it printed, and each place's record."""

    def pytest(*arguments: str, start: Callable[..., Ran] = running.pytest) -> tuple[Ran, dict[str, Json]]:
        document, secrets = live_config(live)
        running.write(tmp_path, document, {"p.yml": POLICY})
        options = ("--tenants=config.yml", "--tb=no", "--xt-report=json:report.json", *arguments)
        ran = start(tmp_path, *options, **secrets)
        told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
        return ran, {cost["tenant"]: cost["preflight"] for cost in told["tenants"]}

    return pytest


def head(ran: Ran) -> str:
    """What stands between the collection and the first result, after what is to be read."""
    told = re.sub(r"(?m)^reading for \d+ s: .*\n", "", ran.text)  # on a machine that has much to do
    found = re.search(r"(?ms)^collected \d+ items?[^\n]*\nto read: [^\n]*\n(?:  [^\n]*\n)*(.*?)^policies/", told)
    assert found, ran.text
    return found[1]


def test_when_all_is_well_nothing_is_said_no_request_is_sent_and_the_report_has_it(live: Sandbox, run: Run) -> None:
    client(live, "one")["roles"].remove("Synchronization.ReadWrite.All")
    ran, places = run()
    assert head(ran).strip() == ""
    assert ran.code == 0
    assert {place: found["signed-in"] for place, found in places.items()} == dict.fromkeys(places, True)
    one = places["one"]
    client_id = next(iter(live.state.tree["tenants"]["one"]["clients"]))
    assert (one["as"], one["cloud"], one["licence"], one["missing"], one["denied"]) == (
        client_id,
        "public",
        "P1",
        [],
        [],
    )
    assert set(one["granted"]) == set(client(live, "one")["roles"])
    assert places["aws-main"]["as"] == "arn:aws:iam::111122223333:user/xtcheck-auditor"
    assert places["aws-main"]["granted"] is None, "an AWS caller's rights are not in its credentials"
    sent = Counter(
        (entry.service, path.rpartition("/")[2])
        for entry in live.state.log.entries
        for path in [item["path"] for item in entry.facts.get("items", ())] or [entry.path]
    )
    assert sent["login", "token"] == 3
    assert sent["sts", "GetCallerIdentity"] == 1
    graph = [path for service, path in sent.elements() if service == "graph" and "findTenantInformation" not in path]
    assert len(graph) == 3 * 3, "organization, licences and partners of each tenant"


def test_what_is_wrong_is_said_once_before_the_results_and_the_run_goes_on(live: Sandbox, run: Run) -> None:
    one, two = client(live, "one"), client(live, "two")
    one["roles"] = ["Organization.Read.All", "LicenseAssignment.Read.All", "Group.ReadWrite.All", "Mail.Read"]
    two["expired-secrets"] = [two["secret"]]
    live.state.tree["tenants"]["shared"]["subscribedSkus"] = {}
    caller, _ = live.state.tree["aws"]["main"]["callers"].values()
    caller["actions"] = ["sso:List*", "sso:DescribeInstance"]
    ran, places = run(start=running.measured)
    told = head(ran)
    assert "preflight: 2 of 4 places can be read as the selected checks need" in told
    assert (
        "one: the application lacks 1 permission\n    Policy.Read.All  1 check (cross-tenant access 1) unknown" in told
    )
    link = f"https://login.microsoftonline.com/{running.IDS['one']}/adminconsent?client_id={places['one']['as']}"
    assert (told.count(link), places["one"]["consent"]) == (1, link)
    assert "two: cannot sign in to two: the client secret has expired (AADSTS7000222)\n    unknown     3 checks" in told
    assert told.count("AADSTS7000222") == 1
    assert re.search(
        r"may do more than the policies need\n    Group\.ReadWrite\.All \(writes\)\n(?!.*Mail\.Read)", told
    )
    assert "aws-main: the service denied 1 permission\n    organizations:ListAWSServiceAccess" in told
    assert "shared: no licence of Microsoft Entra ID P1 or P2" in told
    results = ran.results()
    assert (results["error"], results["failed"]) == (5, 1), "each check on what is missing is unknown, and no other"
    [lacking] = places["one"]["missing"]
    assert lacking == {"permission": "Policy.Read.All", "checks": 1, "areas": {"cross-tenant access": 1}}
    assert [excess["permission"] for excess in places["one"]["excessive"]] == ["Group.ReadWrite.All", "Mail.Read"]
    assert (places["two"]["signed-in"], places["two"]["missing"]) == (False, [])


def test_a_permission_that_only_other_checks_need_is_neither_missing_nor_excessive(live: Sandbox, run: Run) -> None:
    client(live, "one")["roles"] = ["Organization.Read.All", "Policy.Read.All", "Group.ReadWrite.All"]
    ran, places = run("-k", "one and country", "-v", "-n2")
    assert ran.results() == {"passed": 1}
    assert ran.text.count("preflight: 1 of 1 place can be read") == 1, "under workers it is said once too"
    assert places["one"]["missing"] == []
    assert [excess["permission"] for excess in places["one"]["excessive"]] == ["Group.ReadWrite.All"]
    assert places["two"]["signed-in"] is None, "nobody signs in where nothing is read"
    assert live.state.tree["tenants"]["two"]["id"] not in json.dumps([entry.path for entry in live.state.log.entries])


def test_what_only_putting_right_needs_is_too_much_for_what_reads_and_not_for_what_also_writes() -> None:
    connection = config().connections["shared"]
    roles = frozenset({"Policy.Read.All", "Policy.ReadWrite.CrossTenantAccess", "Group.ReadWrite.All"})
    entrance = Entrance("shared", who="an-application", roles=roles)
    need = Need({"shared/partner.one.trust-mfa": "cross-tenant access"})
    reading = {"shared": {"Policy.Read.All": need}}
    mending = {"shared": {"Policy.ReadWrite.CrossTenantAccess": need}}
    audit = preflight(connection, reading, reading, entrance, mending=mending)
    told = "\n".join(report.lines([audit], verbose=False))
    assert "    Group.ReadWrite.All (writes)\n" in told
    assert "Policy.ReadWrite.CrossTenantAccess (writes); only putting right needs it: a write-credential" in told
    mends = preflight(connection, reading, reading, entrance, mending=mending, also_writes=True)
    assert [excess.permission for excess in mends.excessive] == ["Group.ReadWrite.All"]


def test_the_schema_knows_the_record() -> None:
    assert "preflight" in schema()["properties"]["tenants"]["items"]["required"]
