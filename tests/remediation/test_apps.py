"""Apps of the gallery: made once, under the name that config.yml has for them, and only where nothing is doubtful."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.gates import scenario
from tests.remediation.acting import Acting
from xtcheck.estate import Estate
from xtcheck.judge import judge
from xtcheck.kinds.synchronization import APP
from xtcheck.model import Answered, Check, Present, Safety, Verdict
from xtcheck.remediation.changes import Outcome, Plan, Verb
from xtcheck.remediation.plan import plan
from xtcheck.world import World
from xtcheck.writing import Lost, Refused, Told, Write

Json = Any

STATE = next(check for check in scenario.checks() if check.kind is APP and check.setting.presence)
ID = "5d8c4d0e-0000-4000-8000-000000000001"


@pytest.fixture
def good(act: Acting) -> World:
    return act.living.good


def apps(world: World, *there: Json) -> World:
    """The world in which the source's configurations are these."""
    [request] = judge(STATE, world).evidence
    answer = world.answers[request]
    assert isinstance(answer, Answered)
    return World({**world.answers, request: replace(answer, document=list(there))}, world.now)


def pinned(*pins: str) -> list[Check]:
    """The statement for a link to each of several targets from the same source, each with this pin."""
    estate = STATE.scope.estate
    tenants = {**estate.tenants, "two": replace(estate.tenants["two"], role="both", label="Second")}
    assert STATE.scope.link
    links = tuple(replace(STATE.scope.link, target=target, app=pin)
                  for target, pin in zip(("shared", "two"), pins, strict=False))  # fmt: skip
    made = Estate(tenants, links, estate.aws)
    scopes = [replace(STATE.scope, estate=made, link=link) for link in links]
    return [replace(STATE, scope=scope, refs={APP.name: APP.ref(scope)}) for scope in scopes]


def asked(world: World, *checks: Check) -> Plan:
    return plan(checks, world, Safety.SAFE)


def names(found: Plan) -> list[str]:
    return [change.write.body["displayName"] for change in found.changes]


@pytest.mark.parametrize(
    "pins, called",
    [
        ([""], ["Sync to CorporateAzureADtoAWS"]),
        (["Ours"], ["Ours"]),
        # Once the one without a name is there, nobody would know whose it is while the other's is not.
        (["", "Ours"], ["Ours", "Sync to CorporateAzureADtoAWS"]),
        (["Ours", "Theirs"], ["Ours", "Theirs"]),
    ],
)
def test_an_app_is_made_under_the_name_that_config_has_for_it(good: World, pins: list[str], called: list[str]) -> None:
    found = asked(apps(good), *pinned(*pins))
    assert names(found) == called
    assert {(change.verb, change.safety, tuple(change.write.body)) for change in found.changes} == {
        (Verb.CREATE, Safety.SAFE, ("displayName",))
    }


@pytest.mark.parametrize("pins, why", [(["", ""], "could not be told apart"), ([ID], "which a new one never has")])
def test_an_app_that_has_no_name_of_its_own_is_not_made(good: World, pins: list[str], why: str) -> None:
    found = asked(apps(good), *pinned(*pins))
    assert found.changes == ()
    assert all(why in each.why for each in found.by_hand)
    assert len(found.by_hand) == len(pins)


def test_where_two_apps_may_be_meant_nothing_is_written(good: World) -> None:
    known = good.evidence(STATE.refs[APP.name])
    assert isinstance(known, Present)
    other = {**known.document, "id": ID, "displayName": "Another"}
    world = apps(good, known.document, other)
    for expected in ("present", "absent"):
        check = replace(pinned("")[0], expected=expected)
        assert judge(check, world).verdict is Verdict.UNKNOWN
        found = plan([check], world, Safety.UNSAFE)
        assert (found.changes, found.held, found.by_hand) == ((), (), ())


def test_what_is_stated_of_an_app_alone_does_not_make_it(good: World) -> None:
    """Only `state: present` does; a name that nobody stated would be a guess."""
    mode = next(check for check in scenario.checks() if check.setting.key == "single-sign-on")
    [request] = judge(mode, good).evidence
    answer = good.answers[request]
    assert isinstance(answer, Answered)
    bare = World({**good.answers, request: replace(answer, document=[])}, good.now)
    found = plan([mode], bare, Safety.UNSAFE)
    assert found.changes == ()
    [left] = found.by_hand
    assert "nothing of this plan makes it" in left.why
    state = next(check for check in scenario.checks() if check.kind is mode.kind and check.setting.presence)
    found = plan([mode, state], bare, Safety.UNSAFE)
    assert [change.name for change in found.changes] == ["create shared/aws-app"]
    assert [each.why for each in found.by_hand] == ["it follows from create shared/aws-app"]


@pytest.mark.parametrize(
    "fault, outcome, sends",
    [
        ({"reset": True}, Outcome.FAILED, 1),
        ({"lost": True}, Outcome.APPLIED, 1),
        ({"status": 429}, Outcome.APPLIED, 2),
        ({"status": 429, "after": True}, Outcome.APPLIED, 1),
    ],
    ids=str,
)
def test_an_app_whose_answer_was_lost_is_looked_for(
    act: Acting, fault: Json, outcome: Outcome, sends: int, tmp_path: Path
) -> None:
    """Names of apps are not unique: a second one would be made under the same."""
    tree = act.living.state()["tenants"]["one"]
    [id_] = [each["id"] for each in tree["servicePrincipals"].values() if each["applicationTemplateId"]]
    act.living.drift({"op": "remove", "path": f"/tenants/one/servicePrincipals/{id_}"})
    made = act.plan(act.world([STATE]), checks=[STATE])
    act.living.forget_log()
    act.living.fault({"match": {"write": True}, "do": fault, "times": 1})
    [result], _ = act.apply(made, tmp_path)
    sent = [entry for entry in act.living.log() if entry["write"]]
    assert (result.outcome, len(sent)) == (outcome, sends), result.said
    tree = act.living.state()["tenants"]["one"]
    there = [each for each in tree["servicePrincipals"].values() if each["applicationTemplateId"]]
    assert len(there) == (outcome is Outcome.APPLIED)


class Wire:
    """Stands before the service, and does something wrong to the first write."""

    def __init__(self, act: Acting, fault: str) -> None:
        self._act, self._fault, self.sent = act, fault, 0

    async def __call__(self, write: Write) -> Told:
        self.sent += 1
        if self.sent > 1 or self._fault == "lost after":
            told = await self._act.send(write)
            return told if self.sent > 1 else Lost("it closed the connection", "it is looked at again", ("1",))
        return Lost(self._fault, "it is looked at again", ("1",), busy=self._fault == "busy before", passing=True)


class Unknown:
    """Stands before servers that do not know yet what was just made: so often, each write is refused with 404."""

    def __init__(self, act: Acting, times: int) -> None:
        self._act, self._times, self.sent = act, times, 0

    async def __call__(self, write: Write) -> Told:
        self.sent += 1
        if "instantiate" in write.operation or self.sent > self._times + 1:
            return await self._act.send(write)
        return Refused("status 404", "look", ("1",), "Request_ResourceNotFound")


def test_what_was_just_made_may_be_unknown_to_a_server_for_a_while(act: Acting, tmp_path: Path) -> None:
    mode = next(check for check in scenario.checks() if check.setting.key == "single-sign-on")
    state = next(check for check in scenario.checks() if check.kind is mode.kind and check.setting.presence)
    tree = act.living.state()["tenants"]["shared"]
    [id_] = [each["id"] for each in tree["servicePrincipals"].values() if each["applicationTemplateId"]]
    act.living.drift({"op": "remove", "path": f"/tenants/shared/servicePrincipals/{id_}"})
    made = act.plan(act.world([state, mode]), checks=[state, mode])
    [created], _ = act.apply(made, tmp_path)
    more = act.plan(act.world([state, mode]), checks=[state, mode])
    wire = Unknown(act, times=2)
    [result], _ = act.apply(more, tmp_path, wire)
    assert (result.outcome, wire.sent) == (Outcome.FAILED, 1), "what nobody has just made is not there"
    wire = Unknown(act, times=2)
    [result], _ = act.apply(more, tmp_path, wire, new=[created.change.ref])
    assert (result.outcome, wire.sent) == (Outcome.APPLIED, 4)
