"""What a partner inherits as a whole: a write changes the effect of nothing that no policy states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents.estates import checks as checks_of
from tests.gates import living, scenario
from tests.remediation.acting import Acting
from xtcheck.kinds import KINDS
from xtcheck.kinds.access import AREA, PARTNER
from xtcheck.kinds.default_access import DEFAULT
from xtcheck.kinds.effective_access import consent, effective
from xtcheck.model import Answered, Check, Kind, Ref, Safety, Setting, Writable
from xtcheck.remediation import show
from xtcheck.remediation.changes import Outcome, Plan
from xtcheck.remediation.inheriting import COMING
from xtcheck.remediation.places import at
from xtcheck.remediation.plan import plan
from xtcheck.remediation.units import units_of
from xtcheck.world import World
from xtcheck.writing import Refused, Told, Write

Json = Any

FLAGS = ("isMfaAccepted", "isCompliantDeviceAccepted", "isHybridAzureADJoinedDeviceAccepted")
ROOT = "/tenants/shared/crossTenantAccessPolicy"


def trusts(mfa: Json, device: Json, hybrid: Json) -> Json:
    return dict(zip(FLAGS, (mfa, device, hybrid), strict=True))


def stated(words: str, default: str = "") -> Sequence[Check]:
    more = f", default: {{{default}}}" if default else ""
    text = f"applies-to: {{tenant: shared}}\ncross-tenant-access: {{partners: {{one: {{{words}}}}}{more}}}"
    return checks_of(text, of=scenario.config().estate)


def partner(act: Acting) -> Json:
    return act.living.state()["tenants"]["shared"]["crossTenantAccessPolicy"]["partners"][key()]


def key() -> str:
    return scenario.config().estate.tenants["one"].id


def let(act: Acting, own: Json, default: Json = None) -> None:
    """Let the partner's trust be as somebody made it, and the default's."""
    act.living.drift({"op": "replace", "path": f"{ROOT}/partners/{key()}/inboundTrust", "value": own})
    if default:
        act.living.drift({"op": "replace", "path": f"{ROOT}/default/inboundTrust", "value": default})


def planned(act: Acting, checks: Sequence[Check], allowed: Safety = Safety.SAFE) -> Plan:
    return act.plan(act.reading(checks), allowed, checks)


def bodies(found: Plan) -> list[Json]:
    return [change.write.body for change in found.changes]


def test_one_trust_of_its_own_leaves_the_others_as_the_default_has_them(act: Acting, tmp_path: Path) -> None:
    let(act, None, trusts(True, True, False))
    found = planned(act, stated("trust-compliant-device: false"))
    assert bodies(found) == [{"inboundTrust": trusts(True, False, False)}]
    assert "    inboundTrust.isMfaAccepted: inherit -> true   (sent along)" in show.lines(found)
    [result], path = act.apply(found, tmp_path)
    assert result.outcome is Outcome.APPLIED
    act.taken_back(path, tmp_path)
    assert partner(act)["inboundTrust"] is None


def test_a_new_partner_with_one_trust_of_its_own_is_trusted_else_as_the_default_says(act: Acting) -> None:
    let(act, None, trusts(True, False, True))
    act.living.drift({"op": "remove", "path": f"{ROOT}/partners/{key()}"})
    [created] = planned(act, stated("state: present, trust-compliant-device: true"), Safety.UNSAFE).changes
    assert created.write.body["inboundTrust"] == trusts(True, True, True)


def test_what_is_inherited_and_not_known_is_not_written(act: Acting) -> None:
    let(act, None)
    checks = stated("trust-compliant-device: true, automatic-redemption-inbound: false")
    world = act.living.read(ref for check in checks for ref in check.wanted)
    found = plan(checks, world, Safety.UNSAFE)
    assert [list(body) for body in bodies(found)] == [["automaticUserConsentSettings"]], "the rest is not held up"
    [left] = found.by_hand
    assert left.why.startswith("trust-mfa and trust-hybrid-joined-device would inherit no longer")
    everything = stated("trust-mfa: true, trust-compliant-device: false, trust-hybrid-joined-device: false")
    world = act.living.read(ref for check in everything for ref in check.wanted)
    assert plan(everything, world, Safety.SAFE).changes == (), "part of it would need what is not known"
    assert bodies(plan(everything, world, Safety.UNSAFE)) == [{"inboundTrust": trusts(True, False, False)}]


def test_one_trust_alone_does_not_inherit(act: Acting) -> None:
    let(act, trusts(True, True, True))
    why = "inboundTrust inherits only as a whole: state trust-mfa and trust-hybrid-joined-device as inherit too"
    for more, body in (("", []), (", trust-mfa: false", [{"inboundTrust": trusts(False, True, True)}])):
        found = planned(act, stated(f"trust-compliant-device: inherit{more}"), Safety.UNSAFE)
        assert (bodies(found), [left.why for left in found.by_hand]) == (body, [why])
    all_ = stated("trust-mfa: inherit, trust-compliant-device: inherit, trust-hybrid-joined-device: inherit")
    assert bodies(planned(act, all_)) == [{"inboundTrust": None}]


def test_trusts_inherit_together_as_safely_as_the_least_safe(act: Acting) -> None:
    let(act, trusts(True, True, False))
    all_ = stated("trust-mfa: inherit, trust-compliant-device: inherit, trust-hybrid-joined-device: inherit")
    found = planned(act, all_)
    assert (found.changes, [change.write.body for change in found.held]) == ((), [{"inboundTrust": None}])


def test_what_is_inherited_waits_while_the_default_is_to_become_another(act: Acting, tmp_path: Path) -> None:
    let(act, None, trusts(True, False, False))
    checks = stated("trust-compliant-device: true", default="trust-mfa: false")
    found = planned(act, checks, Safety.UNSAFE)
    assert [change.ref.kind for change in found.changes] == [DEFAULT]
    assert [(left.why, left.waits) for left in found.by_hand] == [(COMING, True)]
    act.apply(found, tmp_path)
    assert bodies(planned(act, checks, Safety.UNSAFE)) == [{"inboundTrust": trusts(False, True, False)}]


def test_what_was_inherited_and_is_sent_along_must_be_so_still(act: Acting, tmp_path: Path) -> None:
    let(act, None, trusts(True, True, True))
    found = planned(act, stated("trust-mfa: false"))
    let(act, None, trusts(True, False, True))
    [result], _ = act.apply(found, tmp_path)
    moved = "inboundTrust.isCompliantDeviceAccepted of shared/access-default changed meanwhile"
    assert (result.outcome, result.said, partner(act)["inboundTrust"]) == (Outcome.STALE, moved, None)


def test_what_is_inherited_from_now_on_must_be_as_it_was_planned(act: Acting, tmp_path: Path) -> None:
    let(act, trusts(True, None, None), trusts(False, False, False))
    found = planned(act, stated("trust-mfa: inherit"))
    let(act, trusts(True, None, None), trusts(False, True, False))
    [result], _ = act.apply(found, tmp_path)
    assert (result.outcome, partner(act)["inboundTrust"]["isMfaAccepted"]) == (Outcome.STALE, True)


def test_a_new_partner_is_trusted_as_the_default_says_when_it_is_made(act: Acting, tmp_path: Path) -> None:
    let(act, None, trusts(True, True, True))
    kept = partner(act)
    act.living.drift({"op": "remove", "path": f"{ROOT}/partners/{key()}"})
    found = planned(act, stated("state: present, trust-mfa: false"), Safety.UNSAFE)
    let_default = {"op": "replace", "path": f"{ROOT}/default/inboundTrust", "value": trusts(False, False, False)}
    act.living.drift(let_default)
    [result], _ = act.apply(found, tmp_path)
    assert result.outcome is Outcome.STALE
    assert kept["tenantId"] not in act.living.state()["tenants"]["shared"]["crossTenantAccessPolicy"]["partners"]


def test_what_is_sent_again_must_rest_on_the_same_still(act: Acting, tmp_path: Path) -> None:
    let(act, None, trusts(True, True, True))
    sent: list[Write] = []

    async def send(write: Write) -> Told:
        sent.append(write)
        let(act, None, trusts(False, False, False))
        return Refused("busy", "wait", ("1",), "503", passing=True)

    [result], _ = act.apply(planned(act, stated("trust-mfa: false")), tmp_path, send)
    assert (result.outcome, len(sent)) == (Outcome.FAILED, 1)
    assert result.said.endswith("of shared/access-default changed meanwhile, and it was not sent again")


def test_what_somebody_trusts_since_is_not_wiped_by_an_undo(act: Acting, tmp_path: Path) -> None:
    let(act, None)
    _, path = act.apply(planned(act, stated("trust-compliant-device: true"), Safety.UNSAFE), tmp_path)
    let(act, trusts(True, True, False))
    found = act.undoing(path)
    assert found.plan.changes == ()
    assert found.lost == (
        "shared/partner.one: inboundTrust.isMfaAccepted changed since, and is left as it is",
        "shared/partner.one: inboundTrust is left as it is, for it comes back only as a whole",
    )


def test_an_undo_of_one_trust_leaves_what_somebody_made_of_another(act: Acting, tmp_path: Path) -> None:
    let(act, trusts(False, False, False))
    _, path = act.apply(planned(act, stated("trust-compliant-device: true"), Safety.UNSAFE), tmp_path)
    let(act, trusts(True, True, False))
    act.taken_back(path, tmp_path)
    assert partner(act)["inboundTrust"] == trusts(True, False, False)


def test_an_undo_takes_back_what_does_not_hang_on_what_was_changed_since(act: Acting, tmp_path: Path) -> None:
    let(act, None)
    checks = stated("trust-compliant-device: true, automatic-redemption-inbound: false")
    before = partner(act)["automaticUserConsentSettings"]
    _, path = act.apply(planned(act, checks, Safety.UNSAFE), tmp_path)
    let(act, trusts(True, True, False))
    act.taken_back(path, tmp_path)
    assert partner(act)["inboundTrust"] == trusts(True, True, False)
    assert partner(act)["automaticUserConsentSettings"] == before


def test_what_a_trust_said_nothing_of_comes_back_as_distrust(act: Acting, tmp_path: Path) -> None:
    let(act, trusts(True, None, None))
    _, path = act.apply(planned(act, stated("trust-mfa: inherit")), tmp_path)
    assert partner(act)["inboundTrust"] is None
    act.taken_back(path, tmp_path)
    assert partner(act)["inboundTrust"] == trusts(True, False, False)
    let(act, trusts(True, None, None), trusts(False, True, False))
    assert bodies(planned(act, stated("trust-mfa: inherit"))) == [], "it would be trusted by the default"


# --- over all units -------------------------------------------------------------------------------------------------

UNITED = [kind for kind in KINDS if units_of(kind) and kind.area == AREA]
EXTRA = {"devices": {"mode": "blocked", "rule": "device.isCompliant -eq True"}}
"""What no row is about."""


def test_what_inherits_is_tried_below() -> None:
    inheriting = {kind.name for kind in KINDS if any(unit.inherits for unit in units_of(kind).values())}
    assert inheriting == {PARTNER.name}
    assert PARTNER in UNITED


def rows(kind: Kind) -> list[Check]:
    """A check of every row that is written in a unit, whether or not the scenario states it."""
    [of_kind, *_] = (check for check in scenario.checks() if (check.kind, check.owner) == (kind, "shared"))
    found = [setting for setting in kind.settings if setting.path.partition(".")[0] in units_of(kind)]
    return [replace(of_kind, setting=each, statement=each.key) for each in found]


def shown(world: World, ref: Ref, more: Json) -> World:
    """The world in which the answer that shows an object, or the list that it is in, says something else of it."""
    request = world.evidence(ref).requests[-1]
    answer = world.answers[request]
    assert isinstance(answer, Answered)
    document = [{**item, **more} for item in answer.document] if request.many else {**answer.document, **more}
    return World({**world.answers, request: replace(answer, document=document)}, world.now)


def values(setting: Setting, extra: Mapping[str, Json]) -> list[Json]:
    """What the service may hold where a row looks."""
    first = setting.type.other(None)
    both = [first, setting.type.other(first)]
    return both if "." in setting.path else [*both, *({**value, **extra} for value in both if extra)]


@st.composite
def documents(draw: st.DrawFn, kind: Kind, *, null: bool) -> Json:
    """The units of an object of a kind."""
    found: dict[str, Json] = {}
    for name, unit in units_of(kind).items():
        extra = {key: value for key, value in EXTRA.items() if key in unit.keys}
        for check in rows(kind):
            whole, _, key = check.setting.path.partition(".")
            if whole == name and key:
                found.setdefault(name, {})[key] = draw(st.sampled_from(values(check.setting, {})))
            elif whole == name:
                found[name] = draw(st.sampled_from(values(check.setting, extra)))
        if null and unit.inherits and draw(st.booleans()):
            found[name] = None
    return found


def effect(kind: Kind, document: Json, default: Json) -> dict[str, Json]:
    """What is in effect, by path."""
    found = {}
    for name, unit in units_of(kind).items():
        value = effective(document, default, name) if unit.inherits else document[name]
        for key in unit.keys:
            own = consent(document, default, key) if name == "automaticUserConsentSettings" else value.get(key)
            found[f"{name}.{key}"] = own
    return found


def named_by(check: Check) -> set[str]:
    """The paths of which a statement says what they shall be."""
    name, _, key = check.setting.path.partition(".")
    if key:
        return {check.setting.path}
    assert isinstance(check.setting.type, Writable)
    return {f"{name}.{key}" for key in check.setting.type.sent(check.expected) or units_of(check.kind)[name].keys}


@pytest.mark.parametrize("kind", UNITED, ids=lambda kind: kind.name)
@given(data=st.data())
def test_no_write_changes_what_no_statement_names(running: living.Living, kind: Kind, data: st.DataObject) -> None:
    """Whatever is there and inherited, and whatever is stated: of all units of all kinds."""
    default = data.draw(documents(DEFAULT, null=False)) | {"automaticUserConsentSettings": {
        "inboundAllowed": False, "outboundAllowed": False}}  # fmt: skip
    document = default if kind is DEFAULT else data.draw(documents(kind, null=True))
    checks = []
    for check in data.draw(st.lists(st.sampled_from(rows(kind)), min_size=1, unique_by=lambda each: each.name)):
        inherits = [None] if kind is PARTNER else []
        raw = data.draw(st.sampled_from([*inherits, *values(check.setting, {})]))
        checks.append(replace(check, expected=check.setting.type.read(raw)))
    world = shown(shown(running.good, DEFAULT.ref(checks[0].scope), default), kind.ref(checks[0].scope), document)
    before = effect(kind, document, default)
    named = {path for check in checks for path in named_by(check)}
    for allowed in (Safety.SAFE, Safety.UNSAFE):
        for change in plan(checks, world, allowed).changes:
            after = {**document, **change.write.body}
            now = effect(kind, after, default)
            assert {path for path in before if before[path] != now[path]} <= named
            told = {place.path for place in change.places if place.changes}
            moved = {path for path in before if at(document, path) != at(after, path)}
            assert all({path, path.partition(".")[0]} & told for path in moved)
