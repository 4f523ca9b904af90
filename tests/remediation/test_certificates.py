"""Signing certificates: one is added, signs nothing, and is chosen only when a policy names it; and SAML addresses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.gates import scenario
from tests.remediation.acting import Acting
from xtcheck.judge import judge
from xtcheck.kinds.application import TEMPLATE
from xtcheck.model import Check, Safety, Verdict
from xtcheck.remediation import show
from xtcheck.remediation.changes import Outcome, Plan

Json = Any


def stated(key: str) -> Check:
    return next(check for check in scenario.checks() if check.setting.key == key and check.owner == "shared")


DAYS, CHOSEN = stated("signing-certificate"), stated("signing-thumbprint")
IDENTIFIER, URLS = stated("saml-identifier"), stated("reply-urls")


def principal(act: Acting) -> Json:
    known = act.living.state()["tenants"]["shared"]["servicePrincipals"].values()
    [found] = [each for each in known if each["applicationTemplateId"] == TEMPLATE]
    return found


def drift(act: Acting, **changes: Json) -> None:
    path = f"/tenants/shared/servicePrincipals/{principal(act)['id']}"
    act.living.drift(*({"op": "replace", "path": f"{path}/{name}", "value": value} for name, value in changes.items()))


def asked(act: Acting, *checks: Check, allowed: Safety = Safety.UNSAFE) -> Plan:
    return act.plan(act.world(checks), allowed, checks)


def ended(act: Acting) -> None:
    known = principal(act)["keyCredentials"]
    drift(act, keyCredentials=[{**each, "endDateTime": "2026-01-01T00:00:00Z"} for each in known])


def test_a_certificate_is_added_and_signs_only_once_a_policy_names_it(act: Acting, tmp_path: Path) -> None:
    ended(act)
    before = principal(act)
    found = asked(act, DAYS, CHOSEN)
    [change] = found.changes
    assert (change.safety, change.undoable, str(change.write).rpartition("/")[2]) == (
        Safety.UNSAFE, False, "addTokenSigningCertificate",
    )  # fmt: skip
    lines = list(show.difference(change))
    assert {"    + CN=Microsoft Azure Federated SSO Certificate", "    undo       not by xtcheck"} <= set(lines)
    results, first = act.apply(found, tmp_path)
    assert [result.outcome for result in results] == [Outcome.APPLIED], results
    now = principal(act)
    assert now["preferredTokenSigningKeyThumbprint"] == before["preferredTokenSigningKeyThumbprint"]
    assert len(now["keyCredentials"]) == len(before["keyCredentials"]) + 2

    again = asked(act, DAYS, CHOSEN)
    assert again.changes == (), "one waits, so that no second one is made"
    [left] = again.by_hand
    assert left.check == DAYS.name
    new = left.why.partition(" ")[0]
    assert "import it in AWS, then state it in signing-thumbprint" in left.why

    named = replace(CHOSEN, expected=new.lower())
    chosen = asked(act, DAYS, named)
    [change] = chosen.changes
    assert change.write.body == {"preferredTokenSigningKeyThumbprint": new}
    assert change.why == "sign-in breaks where AWS does not have that certificate yet: import it there first"
    results, second = act.apply(chosen, tmp_path)
    assert [result.outcome for result in results] == [Outcome.APPLIED]
    world = act.world([DAYS, named])
    assert {judge(check, world).verdict for check in (DAYS, named)} == {Verdict.COMPLIANT}

    undo = act.undoing(second)
    act.apply(undo.plan, tmp_path)
    assert principal(act)["preferredTokenSigningKeyThumbprint"] == before["preferredTokenSigningKeyThumbprint"]
    undo = act.undoing(first)
    assert undo.plan.changes == ()
    assert "delete the certificate by hand" in undo.lost[0]


def test_an_app_without_any_certificate_gets_one(act: Acting, tmp_path: Path) -> None:
    drift(act, keyCredentials=[], preferredTokenSigningKeyThumbprint=None)
    found = asked(act, DAYS, CHOSEN)
    assert [change.mends for change in found.changes] == [(DAYS.name,)]
    [left] = found.by_hand
    assert (left.check, "but none at all" in left.why) == (CHOSEN.name, True)
    act.apply(found, tmp_path)
    world = act.world([DAYS, CHOSEN])
    assert judge(DAYS, world).verdict is Verdict.UNKNOWN, "which one signs is not shown"
    assert judge(CHOSEN, world).verdict is Verdict.DRIFT


def test_no_certificate_lives_longer_than_three_years(act: Acting) -> None:
    found = asked(act, replace(DAYS, expected=2000))
    assert (found.changes, [each.why for each in found.by_hand]) == (
        (),
        ["a new certificate lives 1095 days at most"],
    )


@pytest.mark.parametrize("change, why", [("ended", "is not valid now"), ("other", "no certificate of that thumbprint")])
def test_a_certificate_that_could_not_sign_is_not_chosen(act: Acting, change: str, why: str) -> None:
    check = CHOSEN if change == "ended" else replace(CHOSEN, expected="AB" * 20)
    if change == "ended":
        ended(act)
        drift(act, preferredTokenSigningKeyThumbprint=None)
    found = asked(act, check)
    assert found.changes == ()
    assert why in found.by_hand[0].why


def test_addresses_are_written_with_the_rest_of_web_as_it_is(act: Acting, tmp_path: Path) -> None:
    apps = act.living.state()["tenants"]["shared"]["applications"].values()
    [kept] = [each for each in apps if each["applicationTemplateId"] == TEMPLATE]
    path = f"/tenants/shared/applications/{kept['id']}"
    act.living.drift(
        {"op": "replace", "path": f"{path}/identifierUris", "value": ["api://other"]},
        {"op": "replace", "path": f"{path}/web/redirectUris", "value": ["https://example.com/acs"]},
    )
    found = asked(act, IDENTIFIER, URLS)
    [change] = found.changes
    assert change.write.body == {
        "identifierUris": [*kept["identifierUris"], "api://other"],
        "web": {name: kept["web"][name] for name in ("homePageUrl", "implicitGrantSettings", "logoutUrl")}
        | {"redirectUris": kept["web"]["redirectUris"]},
    }
    assert kept["web"]["homePageUrl"], "by it the portal knows an app of the gallery"
    results, _ = act.apply(found, tmp_path)
    assert [result.outcome for result in results] == [Outcome.APPLIED]
    least = replace(URLS, expected={"names": ["https://example.com/more"], "exactly": False})
    [change] = asked(act, least).changes
    assert change.write.body["web"]["redirectUris"] == [*kept["web"]["redirectUris"], "https://example.com/more"]
