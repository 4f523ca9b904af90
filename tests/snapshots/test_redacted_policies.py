"""Policies that judge a redacted world: nobody whom they name is left, whatever they state is stated still."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.model.evidence import NOW, answered, failed
from tests.snapshots.test_folder import ORIGIN
from xtcheck import config as config_documents
from xtcheck import policy
from xtcheck.model import Json, Request
from xtcheck.snapshot.redaction import Redaction, judged_by, redaction
from xtcheck.world import World

POLICY = """\
# Asked for by Petra Kovalenko
applies-to: {tenant: shared}
groups:
  Façade Engineers – Contoso:
    state: present  # ask Petra
    membership-rule: (user.companyName -eq "Contoso")
    members:
      expect: {includes: [Olga Petrova, olga.petrova@contoso.co.uk, 9a8b7c6d-1111-4222-8333-abcdefabcdef]}
      waiver: {reason: Olga is away, owner: Petra Kovalenko, until: 2027-01-31}
---
applies-to: aws
identity-center:
  access:
    olga.petrova@contoso.co.uk: {"444455556666": [ReadOnlyAccess]}
  accounts:
    "444455556666":
      assignments: [{group: Façade Engineers – Contoso, permission-set: ReadOnlyAccess}]
"""
GONE = ("olga", "petrova", "petra", "kovalenko", "contoso", "façade", "444455556666", "9a8b7c6d", "111122223333")
PEOPLE = Request("shared", "graph", "/users", many=True)


def made(world: World) -> tuple[Redaction, dict[str, bytes]]:
    found = redaction(world, ORIGIN, {"contoso.yml": POLICY, "sub/contoso.yml": "applies-to: aws"})
    return found, judged_by(found, ORIGIN, {"contoso.yml": POLICY})


def test_nobody_is_left_and_everything_is_still_stated(tmp_path: Path) -> None:
    _, files = made(World({}, NOW))
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
        assert [word for word in GONE if word in (name + data.decode()).casefold()] == []
    config = config_documents.load(tmp_path / "config.yml")
    [file] = policy.files(tmp_path / "policies")
    policies = policy.load([(file, file.name)], config.estate)
    assert policies.mistakes == {}
    checks = policies.checks[file]
    assert [check.setting.key for check in checks] == [
        "state", "membership-rule", "members", "<account>", "assignments",
    ]  # fmt: skip
    assert checks[2].waiver is not None
    assert (checks[2].waiver.reason, str(checks[2].waiver.until)) == ("redacted", "2027-01-31")


def test_what_a_policy_quotes_is_quoted_still() -> None:
    found, files = made(World({}, NOW))
    [name] = [name for name in files if name.startswith("policies/")]
    company = found.pseudonyms.text("Contoso")
    assert company != "Contoso"
    assert f'(user.companyName -eq "{company}")' in files[name].decode()


@pytest.mark.parametrize(
    "document",
    [
        {"userPrincipalName": "x", "displayName": "Amara Nwosu"},
        {"anything": "write to amara.nwosu@example.com"},
        {"settings": json.dumps({"Recipients": "amara.nwosu@example.com"})},
        {"principalDisplayName": "Amara Nwosu|Contoso"},
        {"UserName": "x", "Name": {"GivenName": "Amara", "FamilyName": "Nwosu"}},
        {"Emails": [{"Value": "amara.nwosu@example.com"}]},
    ],
    ids=lambda document: next(iter(document)),
)
def test_who_is_named_in_one_place_is_replaced_in_all(document: Json) -> None:
    notes = Request("one", "graph", "/notes")
    free = {"description": "Nwosu, Amara asked for it"}
    found, _ = made(World({PEOPLE: answered([document]), notes: answered(free)}, NOW))
    text = json.dumps(
        [found.value(document), found.value(free), found.bare(failed("no amara", "ask Nwosu")).__repr__()]
    )
    assert "amara" not in text.casefold()
    assert "nwosu" not in text.casefold()


def test_what_a_service_is_asked_for_is_what_the_policy_names() -> None:
    found, _ = made(World({}, NOW))
    asked = found.request(
        Request("shared", "graph", "/groups?$filter=startswith(displayName,'Contoso%20O%27%27Neil')&$top=9")
    )
    contoso = found.pseudonyms.text("Contoso")
    assert asked.operation == f"/groups?$filter=startswith(displayName,'{contoso}%20O%27%27Neil')&$top=9"
