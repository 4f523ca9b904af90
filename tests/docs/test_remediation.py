"""The guide to remediation runs from its first command to its last, against a sandbox that goes on meanwhile."""

from __future__ import annotations

import json
import shlex
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.docs.pages import blocks, read, run
from tests.docs.test_pages import normal, pattern
from xtcheck.sandbox import Sandbox

Json = Any

PAGE = "docs/remediation.md"
POLICY, CAREFUL = "yaml policy", "yaml config-more"


@pytest.fixture
def drifted() -> Iterator[Sandbox]:
    with Sandbox("blog") as sandbox:
        admin = sandbox.connection["admin"]
        partner = f"/tenants/shared/crossTenantAccessPolicy/partners/{sandbox.connection['tenants']['one']['id']}"
        drift = [
            {"op": "replace", "path": f"{partner}/inboundTrust/isMfaAccepted", "value": False},
            {"op": "replace", "path": f"{partner}/inboundTrust/isCompliantDeviceAccepted", "value": True},
        ]
        trust = ssl.create_default_context(cafile=sandbox.connection["ca"])
        headers = {"authorization": f"Bearer {admin['token']}"}
        httpx.post(f"{admin['url']}/drift", json=drift, headers=headers, verify=trust).raise_for_status()
        yield sandbox


def furnish(folder: Path, connection: Json) -> dict[str, str]:
    """A config.yml by addresses, another with the page's limits, and the page's policy; and the secrets."""
    tenants: Json = {}
    secrets: dict[str, str] = {}
    for alias in ("one", "shared"):
        served = connection["tenants"][alias]
        names = {f"XT_{alias.upper()}": served, f"XT_{alias.upper()}_WRITES": served["write"]}
        secrets |= {name: client["client-secret"] for name, client in names.items()}
        reads, writes = (
            {"type": "client-secret", "client-id": client["client-id"], "secret": {"env": name}}
            for name, client in names.items()
        )
        tenants[alias] = {
            "id": served["id"], "role": "target" if alias == "shared" else "source", "endpoints": served["endpoints"],
            "ca-bundle": connection["ca"], "credential": reads, "write-credential": writes,
        }  # fmt: skip
    document = {"policies": "policies", "tenants": tenants, "topology": "many-to-one"}
    [more] = [block.text for block in blocks(CAREFUL) if block.page == PAGE]
    careful = {**document, **yaml.safe_load(more)}
    for name, text in (("config.yml", document), ("careful.yml", careful)):
        (folder / name).write_text(json.dumps(text), encoding="utf-8")
    (folder / "policies").mkdir()
    [policy] = [block.text for block in blocks(POLICY) if block.page == PAGE]
    (folder / "policies" / "target.yml").write_text(policy, encoding="utf-8")
    return secrets


def test_the_guide_s_transcripts_are_what_a_person_sees(drifted: Sandbox, tmp_path: Path) -> None:
    """From the first command to the last: at its end all but the safe change has been taken back."""
    secrets = furnish(tmp_path, drifted.connection)
    writes, seen = [], 0
    for block in (block for block in blocks("console story") if block.page == PAGE):
        command, _, expected = block.text.removeprefix("$ ").partition("\n")
        program, *arguments = shlex.split(command)
        names = [found.relative_to(tmp_path).as_posix() for found in sorted(tmp_path.glob("xtcheck-journals/*"))]
        words = [names[-1] if word.startswith("xtcheck-journals/") else word for word in arguments]
        module = ["-m", "pytest"] if program == "pytest" else []
        done = run([*module, *words], tmp_path, cwd=tmp_path, more=secrets)
        writes += [
            entry.path for entry in drifted.state.log.entries[seen:] if entry.write and "--remediate-plan" in command
        ]
        seen = len(drifted.state.log.entries)
        assert pattern(expected).fullmatch(normal(done.output)), f"{block}\n{done.output}"
    assert writes == []
    (one,) = (found["id"] for alias, found in drifted.state.tree["tenants"].items() if alias == "one")
    partner = drifted.state.tree["tenants"]["shared"]["crossTenantAccessPolicy"]["partners"][one]
    assert partner["inboundTrust"] == {
        "isMfaAccepted": False, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": False,
    }  # fmt: skip


def test_the_readme_shows_the_shortest_of_them() -> None:
    assert f"({PAGE})" in read("README.md")
