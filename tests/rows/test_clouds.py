"""National clouds: what a cloud lacks is not applicable, with the reason, and is not asked for; all else is judged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.documents.estates import checks, estate
from tests.model.evidence import verdict
from xtcheck import config as config_documents
from xtcheck import policy
from xtcheck.clients import Clients
from xtcheck.commands.rows import SCOPES
from xtcheck.config.tenants import CLOUDS
from xtcheck.estate import Cloud, Estate
from xtcheck.judge import judge
from xtcheck.kinds import rows
from xtcheck.model import Check, Judgement, Kind, Setting, Verdict
from xtcheck.permissions import needed
from xtcheck.policy.clouds import lacking
from xtcheck.policy.places import place_of
from xtcheck.reader import read
from xtcheck.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
GLOBAL_ONLY = {"multitenant-organization", "in-multitenant-organization"}
NOT_OUT_OF_CHINA = {"synchronization", "mappings"}
"""The areas whose rows are all about what a source synchronizes."""
HANDSHAKE = "applies-to: {link: {from: one}}\ncross-tenant-access: {handshake: complete}"


def estate_in(**clouds: Cloud) -> Estate:
    """The usual estate with some tenants in other clouds."""
    usual = estate()
    moved = {alias: replace(usual.tenants[alias], cloud=cloud) for alias, cloud in clouds.items()}
    return replace(usual, tenants={**usual.tenants, **moved})


def clouds_without(kind: Kind, setting: Setting) -> set[str]:
    scope = SCOPES[kind.subject]
    refs = setting.reads(scope).values() if setting.reads else [kind.ref(scope)]
    return set().union(*lacking(kind, refs, scope).values())


def test_exactly_these_rows_depend_on_the_cloud() -> None:
    for kind, setting in rows():
        key = place_of(kind, setting)[-1]
        outgoing = kind.area in NOT_OUT_OF_CHINA or key in {"handshake", "licences"}
        expected = set(CLOUDS) - {"public"} if key in GLOBAL_ONLY else {"china"} if outgoing else set()
        assert clouds_without(kind, setting) == expected, f"{kind.name} {setting.key}"


@pytest.mark.parametrize("cloud", sorted(set(CLOUDS) - {"china"}))
def test_synchronization_is_judged_within_and_between_the_other_clouds(cloud: Cloud) -> None:
    assert [check.moot for check in checks(HANDSHAKE, of=estate_in(one=cloud))] == [""]
    assert [check.moot for check in checks(HANDSHAKE, of=estate_in(one=cloud, shared="china"))] == [""]


def test_nothing_goes_out_of_china_whatever_the_target_lets_in() -> None:
    found = verdict(HANDSHAKE, {}, estate_in(one="china"))
    assert (found.verdict, found.reason) == (
        Verdict.NOT_APPLICABLE,
        "one is in the cloud china, which has no cross-tenant synchronization app",
    )
    let_in = "applies-to: {tenant: shared}\ncross-tenant-access: {partners: {one: {user-sync-inbound: false}}}"
    assert [check.moot for check in checks(let_in, of=estate_in(one="china", shared="china"))] == [""]


def test_a_person_s_word_does_not_stand_in_for_what_does_not_exist() -> None:
    word = "attested: {by: me, on: 2026-01-01, until: 2027-01-01}"
    text = f"applies-to: {{link: {{from: one}}}}\nsynchronization: {{scope: {{expect: assigned, {word}}}}}"
    assert verdict(text, {}, estate_in(one="china")).verdict is Verdict.NOT_APPLICABLE


# --- a whole estate in other clouds ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def abroad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[Check], dict[str, Judgement], set[str]]]:
    """The checks of policies/, with one in China and the others in the US government's clouds; what came of them.

    And the paths that tenant one was asked for.
    """
    text = (ROOT / "sandbox.yml").read_text(encoding="utf-8")
    for alias, cloud in {"one": "china", "two": "us-gov", "shared": "us-gov-dod"}.items():
        text = text.replace(f"  {alias}:\n", f"  {alias}:\n    cloud: {cloud}\n")
    file = tmp_path_factory.mktemp("abroad") / "config.yml"
    file.write_text(
        text.replace("policies: policies/", f"policies: {(ROOT / 'policies').as_posix()}"), encoding="utf-8"
    )
    config = config_documents.load(file)
    policies = policy.load([(path, path.name) for path in policy.files(ROOT / "policies")], config.estate)
    stated = [check for several in policies.checks.values() for check in several]

    async def look(sandbox: Sandbox) -> dict[str, Judgement]:
        async with Clients(config_documents.overlay(config, sandbox.connection).connections) as clients:
            world = await read([ref for check in stated for ref in check.wanted], clients.answer)
        asked.update(request.operation for request in world.answers if request.place == "one")
        return {check.name: judge(check, world) for check in stated}

    asked: set[str] = set()
    with Sandbox("blog") as sandbox:
        yield stated, asyncio.run(look(sandbox)), asked


def test_what_the_clouds_lack_is_not_applicable_and_all_else_is_judged(
    abroad: tuple[list[Check], dict[str, Judgement], set[str]],
) -> None:
    stated, found, _ = abroad
    moot = {check.name for check in stated if check.setting.key in GLOBAL_ONLY}
    moot |= {check.name for check in stated if check.name.startswith("one--shared/")}
    moot |= {"one/synchronization.undeclared-configurations"}
    assert {name for name, judged in found.items() if judged.verdict is Verdict.NOT_APPLICABLE} == moot
    # The people of one are in the shared tenant all the same, and what they are called at home is not read.
    unread = "aws-main/enterprise-app.name-id-of-people"
    assert found[unread].verdict is Verdict.UNKNOWN
    assert {judged.verdict for name, judged in found.items() if name not in {*moot, unread}} == {Verdict.COMPLIANT}
    assert all("is in the cloud" in found[name].reason for name in moot)


def test_what_a_cloud_lacks_is_not_asked_for_and_needs_no_permission(
    abroad: tuple[list[Check], dict[str, Judgement], set[str]],
) -> None:
    stated, _, asked = abroad
    assert asked
    assert not [path for path in asked if "synchronization" in path or "servicePrincipals" in path]
    permissions = needed(ref for check in stated for ref in check.refs.values())
    assert permissions["one"] == {"Policy.Read.All", "Organization.Read.All"}
    assert not any("MultiTenantOrganization.Read.All" in each for each in permissions.values())
