"""The JSON Schema for editors agrees with the loader: what one accepts the other does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.documents.estates import estate, load
from xtcheck import nodes, policy
from xtcheck.model import Grade, Json, Setting, Subject
from xtcheck.policy.places import TREES
from xtcheck.policy.schema import schema

ROOT = Path(__file__).resolve().parents[2]
VALIDATOR = Draft202012Validator(schema())
LINK = "applies-to: link\nsynchronization:\n  "


def accepts(text: str) -> bool:
    """Whether the schema accepts every document, read as an editor reads YAML 1.2."""
    return all(VALIDATOR.is_valid(nodes.plain_json(document)) for document in nodes.parse(text, "x.yml"))


def test_it_is_valid_json_schema() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("path", policy.files(ROOT / "policies"), ids=lambda path: path.name)
def test_it_accepts_the_policies_of_the_project(path: Path) -> None:
    assert accepts(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "a: b",
        "applies-to: link",
        "applies-to: links\nsynchronization: {state: present}",
        "applies-to: {role: both}\ngroups: {A: {state: present}}",
        "applies-to: {role: target, tenant: one}\ngroups: {A: {state: present}}",
        "applies-to: {link: {}}\nsynchronization: {state: present}",
        "applies-to: link\ngroups: {A: {state: present}}",
        "applies-to: link\nsynchronization: {}",
        LINK + "stat: present",
        LINK + "state: prsent",
        LINK + "provisioning: true",
        LINK + "assigned: [a]",
        LINK + "assigned: {groups: a}",
        LINK + "assigned: {groups: {include: [a]}}",
        LINK + "mappings: {a: x}",
        LINK + "mappings: {a: {constant: x, direct: y}}",
        LINK + "provisioning: {expect: on, severity: hih}",
        LINK + "provisioning: {expect: on, controls: [cis]}",
        LINK + "provisioning: {expect: on, waiver: {reason: x}}",
        LINK + "provisioning: {expect: on, attested: {by: a, on: 2026-01-01, until: 2027-01-01}}",
        "applies-to: {role: target}\ncross-tenant-access: {partners: {one: {trust-mfa: yes}}}",
        "applies-to: {role: target}\ncross-tenant-access: {partners: {contoso.com: {state: present}}}",
        "applies-to: {tenant: shared}\ntenant: {guest-billing: linked}",
        "applies-to: aws\nidentity-center: {accounts: {'1': {assignments: []}}}",
        "applies-to: aws\nenterprise-app: {signing-certificate: -1}",
    ],
)
def test_it_refuses_what_the_loader_refuses(text: str) -> None:
    assert load(text).mistakes
    assert not accepts(text)


# --- whatever the loader accepts, the schema accepts ------------------------------------------------------------------

NAMES = {
    "partner": ["one", "each-source", "each-target", "'${tenant.id}'", "ABCDEFAB-0000-4000-8000-00000000000A", "two"],
    "account": ["111122223333", "'001234567012'"],
}


def places() -> Iterator[tuple[Subject, tuple[str, ...], Setting]]:
    for subject, tree in TREES.items():
        for keys, place in tree.walk():
            if place.row:
                yield subject, keys, place.row[1]


ONE_WORD = """
x true 'true' on null '' 3 '3' 0.5 30 2026-01-31 inherit all assigned present absent complete healthy forbidden active
external-provider saml f(x) paused AllUsers AllApplications '${source.label}' '${tenant.label}' minor dynamic
"""
ONE_KEY = """
includes groups users constant direct expression at-least group user permission-set forbidden except allowed blocked
users-and-groups applications expect severity controls
"""
WORDS = st.sampled_from(ONE_WORD.split())
SEVERAL = st.lists(WORDS, max_size=3).map(lambda words: f"[{', '.join(words)}]")
KEYS = st.sampled_from(ONE_KEY.split())


def mapped(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    entries = st.dictionaries(KEYS, values, max_size=3)
    return entries.map(lambda found: f"{{{', '.join(f'{key}: {value}' for key, value in found.items())}}}")


VALUES = st.one_of(WORDS, SEVERAL, mapped(WORDS | SEVERAL), mapped(mapped(WORDS | SEVERAL)))


@st.composite
def statements(draw: st.DrawFn) -> str:
    subject, keys, setting = draw(st.sampled_from(list(places())))
    applies = {"tenant": "{role: target}", "link": "link", "aws": "aws"}[subject]
    hinted = example(setting.type.schema())
    value = draw(st.sampled_from(hinted) | VALUES if hinted else VALUES)
    if setting.grade is Grade.ATTESTED or draw(st.booleans()):
        options = ", attested: {by: x, on: 2026-01-01, until: 2027-01-01}" if setting.attestable else ""
        value = f"{{expect: {value}{options}}}"
    for key in reversed(keys):
        name = draw(st.sampled_from(NAMES.get(key[1:-1], ["a b", "'1'", "DevOps – X"]))) if key[0] == "<" else key
        value = f"{{{name}: {value}}}"
    return f"applies-to: {applies}\n{value[1:-1]}\n"


def example(wanted: Json) -> list[str]:
    """Words that a schema names, so that statements are often right."""
    if "enum" in wanted:
        return [json.dumps(word) for word in wanted["enum"]]
    found = [word for inner in wanted.get("anyOf", ()) for word in example(inner)]
    return [*found, json.dumps(wanted["const"])] if "const" in wanted else found


@given(statements())
def test_whatever_the_loader_accepts_the_schema_accepts(text: str) -> None:
    if not load(text, of=estate(sources=2)).mistakes:
        assert accepts(text), text
