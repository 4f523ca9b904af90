"""From nothing, in three acts: ``make demo WORLD=empty`` is played once, and looked at from all sides."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.docs.pages import blocks, python_of, run
from tests.docs.test_pages import normal, pattern
from tests.forked import Ran
from tests.remediation.building import Building, building
from xtcheck.remediation import journal
from xtcheck.sandbox.aws import world as aws
from xtcheck.sandbox.graph import templates

Json = Any

COMMAND = "make demo WORLD=empty"
ACTS = re.compile(r"(?m)^=== (.*) ===$\n")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Building, Ran]]:
    """The demo on a sandbox that can still be looked at afterwards."""
    folder = tmp_path_factory.mktemp("empty")
    with building(folder) as site:
        _, arguments = python_of(COMMAND)
        environment = {name: text for name, text in site.environment.items() if name.startswith("XT_")}
        ran = run(arguments, folder, more=environment, seconds=300)
        yield site, ran


@pytest.fixture
def site(played: tuple[Building, Ran]) -> Building:
    return played[0]


@pytest.fixture
def ran(played: tuple[Building, Ran]) -> Ran:
    return played[1]


@pytest.fixture
def acts(ran: Ran) -> list[str]:
    return ACTS.split(ran.output)[2::2]


def test_in_the_end_everything_is_compliant(ran: Ran, acts: list[str]) -> None:
    assert ran.code == 0, ran.output
    assert len(acts) == 4
    last = acts[-1].strip().splitlines()[-1]
    assert re.fullmatch(r"261 passed, 11 inferred, 1 attested in [\d.]+s( \(.*\))?", last), last


def test_what_only_a_person_does_is_told_in_the_order_of_the_console(acts: list[str]) -> None:
    places = re.findall(r"(?m)^  (\d)\. (.*)$", acts[0])
    assert [(number, place.rpartition(" > ")[2]) for number, place in places] == [
        ("1", "External identity provider"), ("2", "Enable"), ("3", "Customize"),
        ("4", "https://corporateazureadtoaws.awsapps.com/start"),
    ]  # fmt: skip
    assert "by hand:" not in acts[0]
    # What the player then does is what the list says, in its order.
    assert [line.split(":")[0].strip() for line in acts[1].strip().splitlines()] == [
        "show-metadata", "change-identity-source", "enable-provisioning", "choose-portal",
        "export XT_SCIM_ENDPOINT=... XT_SCIM_TOKEN=...",
    ]  # fmt: skip
    assert re.findall(r"(?m)^  (\d)\. (.*)$", acts[2]) == [("1", "https://corporateazureadtoaws.awsapps.com/start")]


def test_what_a_person_is_told_to_enter_is_what_the_console_shows(acts: list[str]) -> None:
    shown = dict(re.findall(r"(reply-url|certificate|alias) (\S+?)(?:,|$)", acts[1], re.MULTILINE))
    assert set(shown) == {"reply-url", "certificate", "alias"}
    for text in shown.values():
        assert re.search(rf"(?m)^     - .*{re.escape(text)}$", acts[0]), text


def test_nothing_exists_twice(site: Building) -> None:
    tree = site.sandbox.state.tree
    for alias, partners in (("one", 1), ("two", 1), ("shared", 2)):
        tenant = tree["tenants"][alias]
        assert len(tenant["crossTenantAccessPolicy"]["partners"]) == partners
        apps = Counter(each["applicationTemplateId"] for each in tenant["servicePrincipals"].values())
        wanted = templates.AWS if alias == "shared" else templates.CROSS_TENANT
        assert (apps[wanted], len(tenant["synchronization"])) == (1, 1)
        [synchronization] = tenant["synchronization"].values()
        assert [job["status"]["code"] for job in synchronization["jobs"].values()] == ["Active"]
        assert len({group["displayName"] for group in tenant["groups"].values()}) == len(tenant["groups"])
    [entry] = tree["aws"].values()
    assert len(entry["assignments"]) == 1
    assert len(entry["identityStores"][aws.STORE]["groups"]) == 1


def test_whoever_looks_at_last_writes_nothing(site: Building) -> None:
    log = [(entry.write, entry.path.startswith("/_admin/console")) for entry in site.sandbox.state.log.entries]
    assert any(write for write, _ in log)
    last = max(number for number, entry in enumerate(site.sandbox.state.log.entries) if entry.write)
    assert len(log) - last > 60, "a whole run of reads follows"


def test_each_run_leaves_a_journal_of_its_own_and_no_secret_anywhere(site: Building, ran: Ran) -> None:
    accounts = [journal.read(path) for path in site.journals]
    assert [account.whole for account in accounts] == [True, True]
    assert [{entry.outcome for entry in account.entries} for account in accounts] == [{"applied"}, {"applied"}]
    assert [len(account.entries) for account in accounts] == [30, 3]
    [entry] = site.sandbox.state.tree["aws"].values()
    secrets = [entry["scim"]["token"], *(each["secret"] for each in entry["callers"].values())]
    for tenant in site.sandbox.state.tree["tenants"].values():
        secrets += [client["secret"] for client in tenant["clients"].values()]
    written = ran.output + "".join(path.read_text(encoding="utf-8") for path in site.journals)
    assert [secret for secret in secrets if secret in written] == []


def test_the_guide_shows_what_a_person_sees(ran: Ran) -> None:
    [block] = blocks("console acts")
    command, _, expected = block.text.removeprefix("$ ").partition("\n")
    assert command == COMMAND
    assert pattern(expected).fullmatch(normal(ran.output)), f"{block}\n{ran.output}"
