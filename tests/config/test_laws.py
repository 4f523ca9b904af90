"""Whatever stands in config.yml: a config or mistakes, never another error, and never a secret in them."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.config.conftest import BASE, furnish, spelled
from xtcheck.config import Config, load
from xtcheck.errors import Mistakes

FULL = spelled("""\
policies: [policies/, policies/target.yml]
tenants:
  one:
    id: <one>
    role: source
    label: AnyOrganizationOne
    credential: {type: client-secret, client-id: <client>, secret: {env: XT_ONE_SECRET}}
    endpoints: {login: https://localhost:1, graph: https://localhost:1/graph}
    read-secrets: true
  two:
    id: <two>
    role: both
    credential: {type: certificate, client-id: <client>, certificate: keys/me.pem, password: {env: XT_PASSWORD}}
    write-credential: default
  shared: {id: <shared>, role: target, cloud: public, ca-bundle: ca.pem}
links:
  - {from: one, to: shared}
  - {from: two, to: shared, app: Sync}
aws:
  main:
    federated-from: shared
    account: "111122223333"
    region: us-east-1
    credential: {role-arn: "arn:aws:iam::111122223333:role/Audit", external-id: {env: XT_EXTERNAL}}
    scim: {endpoint: https://localhost:1/scim/v2, token: {env: XT_SCIM_TOKEN}}
sandbox: {world: "${env.XT_SANDBOX_WORLD:-blog}", drift: [{op: remove, path: /a}], faults: [{status: 503}]}
""")
SECRET = "hunter2hunter2"
TOKENS = (
    *(
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\n",
        "  ",
        "'",
        '"',
        "- ",
        "#",
        "null",
        "~",
        "!x ",
        "&a ",
        "*a",
        "? ",
        "---\n",
        "${",
        "${env.",
    ),
    *("\t", "\0", "\x85", "\u2028", "😀", "../", "//", "0", "-1", "https://", "\\", "%", "|", ">"),
)
SECRET_LINES = [number for number, line in enumerate(FULL.splitlines()) if "env: XT_" in line]
SECRET_FORMS = ("@", "{env: '@ '}", "{@}", "[@]", "{env: [@]}", "{name: @}", "!@ x", "'${env.X:-@}'", "{env: X, b: @}")


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        furnish(folder)
        yield folder / "config.yml"


def outcome(place: Path, content: bytes) -> Config | str:
    """The config, or all that is said."""
    place.write_bytes(content)
    try:
        return load(place)
    except Mistakes as mistakes:
        return str(mistakes)


def mutated(text: str, seed: int) -> str:
    """The text with a few cuts, repetitions, swaps and tokens."""
    chance = random.Random(seed)  # noqa: S311  # repeatable
    for _ in range(chance.randint(1, 4)):
        at, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        end = min(end, at + 40)
        match chance.randrange(4):
            case 0:
                text = text[:at] + text[end:]
            case 1:
                text = text[:end] + text[at:end] + text[end:]
            case 2:
                lines = text.split("\n")
                chance.shuffle(lines)
                text = "\n".join(lines) if chance.random() < 0.2 else text[:at] + text[at:end].upper() + text[end:]
            case _:
                text = text[:at] + chance.choice(TOKENS) + text[at:]
    return text


def test_the_full_example_is_sound(place: Path) -> None:
    assert isinstance(outcome(place, FULL.encode()), Config)


@given(st.text())
def test_any_text_is_told_its_mistakes(place: Path, text: str) -> None:
    assert isinstance(outcome(place, text.encode("utf-8", "surrogatepass")), str)


@given(st.binary())
def test_any_bytes_are_told_their_mistakes(place: Path, content: bytes) -> None:
    assert isinstance(outcome(place, content), str)


@given(st.integers(0, 2**32))
def test_a_mutated_config_is_a_config_or_mistakes(place: Path, seed: int) -> None:
    outcome(place, mutated(FULL, seed).encode("utf-8", "surrogatepass"))


VALUES = st.recursive(
    st.sampled_from(
        ["x", "", "null", "one", "shared", "source", "default", "{env: A}", "'${env.NOT_SET_9}'", "https://x"]
    ),
    lambda inner: (
        st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]")
        | st.tuples(st.sampled_from(["id", "type", "env", "from", "endpoint", "x"]), inner).map(
            lambda pair: f"{{{pair[0]}: {pair[1]}}}"
        )
    ),
    max_leaves=3,
)


@given(st.integers(0, len(FULL.splitlines()) - 1), VALUES)
def test_a_value_of_any_form_in_any_place_is_a_config_or_mistakes(place: Path, line: int, value: str) -> None:
    lines = FULL.splitlines()
    key = lines[line].partition(":")[0]
    lines[line] = f"{key}: {value}"
    outcome(place, "\n".join(lines).encode())


@pytest.mark.parametrize("form", SECRET_FORMS)
@pytest.mark.parametrize("line", SECRET_LINES)
def test_no_message_repeats_what_stands_in_a_secrets_place(place: Path, line: int, form: str) -> None:
    lines = FULL.splitlines()
    head, _, tail = lines[line].rpartition("{env:")
    lines[line] = head + form.replace("@", SECRET) + tail.partition("}")[2]
    said = outcome(place, "\n".join(lines).encode())
    assert isinstance(said, str)
    assert SECRET not in said


def test_a_windows_path_is_only_not_there(place: Path) -> None:
    said = outcome(place, spelled(BASE).replace("policies/", r"C:\policies\*.yml").encode())
    assert isinstance(said, str)
    assert said.endswith(r"there is no 'C:\\policies\\*.yml'; write / between folders")
