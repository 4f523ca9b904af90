"""What a sound config.yml declares: tenants, links, AWS entries, and how each is reached."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.conftest import BASE, WORDS, Loaded, Told, spelled, with_aws, with_line, with_tenant
from xtcheck.config import SandboxWish, load
from xtcheck.connection import AwsCredential, EntraCredential, Secret
from xtcheck.estate import Aws, Link, Tenant

ROLE = "arn:aws:iam::111122223333:role/Audit"
SCIM = "https://scim.us-east-1.amazonaws.com/1a2b3c-4d5e/scim/v2"


def test_the_smallest_config(loaded: Loaded, folder: Path) -> None:
    config = loaded(BASE)
    assert config.path == folder / "config.yml"
    assert config.policies == (folder / "policies",)
    assert config.estate.tenants == {
        "one": Tenant("one", WORDS["<one>"], "source", "one"),
        "shared": Tenant("shared", WORDS["<shared>"], "target", "shared"),
    }
    assert config.estate.links == (Link("one", "shared"),)
    assert config.estate.aws == {"main": Aws("main", "111122223333", "us-east-1", "shared")}
    assert list(config.connections) == ["one", "shared", "aws-main"]
    assert config.connections["one"].credential == EntraCredential()
    assert config.connections["aws-main"].credential == AwsCredential()
    assert config.sandbox is None


def test_aws_may_be_left_out(loaded: Loaded) -> None:
    config = loaded(BASE.partition("aws:")[0])
    assert config.estate.aws == {}


def test_a_tenant_carries_what_is_declared(loaded: Loaded, folder: Path) -> None:
    entries = (
        "label: One, cloud: us-gov, read-secrets: true, ca-bundle: ca.pem, endpoints: {graph: 'https://[::1]:8443/g/'}"
    )
    config = loaded(with_tenant(entries))
    assert config.estate.tenants["one"] == Tenant("one", WORDS["<one>"], "source", "One", "us-gov", secrets=True)
    connection = config.connections["one"]
    assert (connection.place, connection.identity) == ("one", WORDS["<one>"])
    assert connection.graph == "https://[::1]:8443/g"
    assert connection.login == "https://login.microsoftonline.us"
    assert connection.ca_bundle == str(folder / "ca.pem")


def test_a_tenant_id_is_the_same_in_any_case(loaded: Loaded) -> None:
    config = loaded(with_line(3, "  one: {id: AAAAAAAA-1111-4111-8111-111111111111, role: source}"))
    assert config.estate.tenants["one"].id == config.connections["one"].identity == WORDS["<client>"]


CLIENT = WORDS["<client>"]


@pytest.mark.parametrize(
    "text,expected",
    [
        ("default", EntraCredential()),
        ("azure-cli", EntraCredential("azure-cli")),
        ("{type: default, client-id: <client>}", EntraCredential("default", CLIENT)),
        (
            "{type: client-secret, client-id: <client>, secret: {env: ONE_SECRET}}",
            EntraCredential("client-secret", CLIENT, Secret(env="ONE_SECRET")),
        ),
        ("{type: workload-identity}", EntraCredential("workload-identity")),
        ("{type: managed-identity, client-id: <client>}", EntraCredential("managed-identity", CLIENT)),
        ("{type: azure-cli}", EntraCredential("azure-cli")),
    ],
)
def test_a_tenants_credential(text: str, expected: EntraCredential, loaded: Loaded) -> None:
    assert loaded(with_tenant(f"credential: {text}")).connections["one"].credential == expected


def test_files_of_credentials_are_relative_to_the_file(loaded: Loaded, folder: Path) -> None:
    text = "credential: {type: certificate, client-id: <client>, certificate: keys/me.pem, password: {env: P}}"
    found = loaded(with_tenant(text)).connections["one"].credential
    expected = EntraCredential(
        "certificate", CLIENT, certificate=str(folder / "keys" / "me.pem"), password=Secret(env="P")
    )
    assert found == expected
    text = "credential: {type: workload-identity, token-file: keys/later}"
    found = loaded(with_tenant(text)).connections["one"].credential
    assert found == EntraCredential("workload-identity", token_file=str(folder / "keys" / "later"))


def test_an_absolute_path_stays(loaded: Loaded, folder: Path) -> None:
    assert loaded(with_tenant(f"ca-bundle: {folder}/ca.pem")).connections["one"].ca_bundle == str(folder / "ca.pem")


def test_what_writes_never_reaches_what_reads(loaded: Loaded) -> None:
    text = "write-credential: {type: client-secret, client-id: <client>, secret: {env: XT_WRITE}}"
    for document in (with_tenant(text), with_aws("write-credential: {profile: XT_WRITE}")):
        config = loaded(document)
        assert "XT_WRITE" not in repr(config.connections)
        assert "XT_WRITE" in repr(config.writing)


def test_what_reads_writes_too_where_nothing_else_is_said(loaded: Loaded) -> None:
    config = loaded(with_tenant("credential: azure-cli"))
    assert config.writing == config.connections


def test_limits_of_remediation_have_defaults(loaded: Loaded) -> None:
    plain = loaded(with_tenant("")).remediation
    assert (plain.most_changes, plain.most_share, plain.share_from, plain.protected) == (50, 50, 10, ())
    assert plain.journals.name == "xtcheck-journals"


@pytest.mark.parametrize(
    "pattern",
    ["*", "*break*", "shared/*", "SHARED/Partner.one", "s*d/partner.one", "aws-main/instance",
     "aws-main/permission-set*", "one/sync-assignments group A/B", "*permission-set Admin"],
)  # fmt: skip
def test_a_pattern_that_may_mean_something_protects_it(pattern: str, loaded: Loaded) -> None:
    text = with_line(7, f"  main: {{<main>}}\nremediation: {{protected: ['{pattern}']}}")
    assert loaded(text).remediation.protected == (pattern,)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("default", AwsCredential()),
        ("{profile: audit}", AwsCredential(profile="audit")),
        (f"{{role-arn: '{ROLE}'}}", AwsCredential(role_arn=ROLE)),
        (
            f"{{role-arn: '{ROLE}', external-id: {{env: X}}, profile: base}}",
            AwsCredential(profile="base", role_arn=ROLE, external_id=Secret(env="X")),
        ),
        (
            "{access-key-id: {env: A}, secret-access-key: {env: B}, session-token: {env: C}}",
            AwsCredential(
                access_key_id=Secret(env="A"), secret_access_key=Secret(env="B"), session_token=Secret(env="C")
            ),
        ),
    ],
)
def test_an_aws_entrys_credential(text: str, expected: AwsCredential, loaded: Loaded) -> None:
    assert loaded(with_aws(f"credential: {text}")).connections["aws-main"].credential == expected


def test_an_aws_entry_carries_what_is_declared(loaded: Loaded) -> None:
    instance = "arn:aws:sso:::instance/ssoins-1234567890abcdef"
    entries = (
        f"instance: '{instance}', scim: {{endpoint: '{SCIM}/', token: {{env: T}}}}, endpoints: {{sts: 'https://x'}}"
    )
    config = loaded(with_aws(entries))
    assert config.estate.aws["main"] == Aws("main", "111122223333", "us-east-1", "shared", instance, SCIM, token="T")
    connection = config.connections["aws-main"]
    assert (connection.place, connection.identity, connection.region) == ("aws-main", "111122223333", "us-east-1")
    assert connection.scim_token == Secret(env="T")
    assert connection.endpoints == {"sts": "https://x"}


@pytest.mark.parametrize("value, known", [("t0ken", True), ("", False)])
def test_of_a_token_is_known_where_it_is_and_whether_it_is_there(
    value: str, known: object, loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T", value)
    config = loaded(with_aws(f"scim: {{endpoint: '{SCIM}/', token: {{env: T}}}}"))
    aws = config.estate.aws["main"]
    assert (aws.token, aws.token_is_set) == ("T", known)
    assert "t0ken" not in repr(config)


def test_an_account_keeps_its_zeros(loaded: Loaded) -> None:
    config = loaded(BASE.replace("<main>", "federated-from: shared, account: 001234567012, region: eu-west-1"))
    assert config.estate.aws["main"].account == "001234567012"


@pytest.mark.parametrize(
    "region", ["eu-central-1", "us-gov-west-1", "cn-north-1", "us-isob-east-1", "eusc-de-east-1", "ap-southeast-7"]
)
def test_regions_of_all_partitions_are_regions(region: str, loaded: Loaded) -> None:
    assert loaded(spelled(BASE).replace("us-east-1", region)).estate.aws["main"].region == region


TRIO = """\
policies: policies
tenants: {{a: {{id: <one>, role: {}}}, b: {{id: <two>, role: {}}}, c: {{id: <shared>, role: {}}}}}
"""


@pytest.mark.parametrize(
    "roles,topology,links",
    [
        (("source", "source", "target"), "topology: many-to-one", "a--c b--c"),
        (("both", "source", "target"), "links: [{from: b, to: a}, {from: a, to: c}]", "b--a a--c"),
        (("source", "target", "target"), "topology: one-to-many", "a--b a--c"),
        (("both", "both", "both"), "topology: mesh", "a--b a--c b--a b--c c--a c--b"),
        (("source", "source", "target"), "topology: [{from: b, to: c}]", "b--c"),
        (("source", "source", "both"), "topology: many-to-one", "a--c b--c"),
    ],
)
def test_a_topology_is_its_links(roles: tuple[str, ...], topology: str, links: str, loaded: Loaded) -> None:
    assert sorted(map(str, loaded(TRIO.format(*roles) + topology).estate.links)) == sorted(links.split())


def test_a_link_may_pin_its_app(loaded: Loaded) -> None:
    assert loaded(with_line(5, "links: [{from: one, to: shared, app: Sync to shared}]")).estate.links == (
        Link("one", "shared", "Sync to shared"),
    )


def test_a_hundred_sources_take_one_line_of_topology(loaded: Loaded) -> None:
    sources = "\n".join(f"  t{n}: {{id: 00000000-0000-4000-8000-{n:012}, role: source}}" for n in range(100))
    assert len(loaded(with_line(3, sources)).estate.links) == 100


def test_policies_may_be_several_and_each_counts_once(loaded: Loaded, folder: Path) -> None:
    config = loaded(with_line(1, "policies: [policies/target.yml, policies, ./policies/]"))
    assert config.policies == (folder / "policies" / "target.yml", folder / "policies")


@pytest.mark.parametrize(
    "encode", [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text], ids=["crlf", "bom"]
)
def test_windows_line_ends_and_a_byte_order_mark_change_nothing(encode: object, loaded: Loaded, folder: Path) -> None:
    expected = loaded(BASE)
    assert callable(encode)
    (folder / "config.yml").write_bytes(encode(spelled(BASE)).encode())
    assert load(folder / "config.yml") == expected


# --- variables ----------------------------------------------------------------------------------------------------


def test_a_variable_gives_its_text_or_its_default(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XT_ID", WORDS["<one>"])
    monkeypatch.setenv("XT_EMPTY", "")
    monkeypatch.delenv("XT_UNSET", raising=False)
    line = "  one: {id: '${env.XT_ID}', role: source, label: '${env.XT_EMPTY:-A}${env.XT_UNSET:-B}'}"
    tenant = loaded(with_line(3, line)).estate.tenants["one"]
    assert (tenant.id, tenant.label) == (WORDS["<one>"], "AB")


def test_a_message_names_the_variable_and_not_its_text(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XT_ROLE", "hunter2")
    assert told(with_tenant("cloud: '${env.XT_ROLE}'")) == [
        "3:72: '${env.XT_ROLE}' is no cloud; valid here: china, public, us-gov, us-gov-dod"
    ]


def test_the_variable_of_a_secret_need_not_be_set(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XT_UNSET", raising=False)
    loaded(with_tenant("credential: {type: client-secret, client-id: <client>, secret: {env: XT_UNSET}}"))


# --- sandbox ------------------------------------------------------------------------------------------------------


def test_a_sandbox_is_wished_for_by_its_world(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    text = BASE + "sandbox: {world: '${env.XT_SANDBOX_WORLD:-blog}'}\n"
    monkeypatch.delenv("XT_SANDBOX_WORLD", raising=False)
    assert loaded(text).sandbox == SandboxWish("blog")
    monkeypatch.setenv("XT_SANDBOX_WORLD", "drifted")
    assert loaded(text).sandbox == SandboxWish("drifted")
    assert loaded(BASE + "sandbox: {}\n").sandbox == SandboxWish("blog")


def test_a_sandbox_that_is_served_is_named_by_its_file(loaded: Loaded, folder: Path) -> None:
    wish = loaded(BASE + "sandbox: {served: sandbox.json}\n").sandbox
    assert wish == SandboxWish("as served", served=(folder / "sandbox.json").resolve())


def test_drift_and_faults_are_json(loaded: Loaded) -> None:
    wish = loaded(
        BASE + "sandbox: {drift: [{op: replace, path: /a, value: {x: ['1']}}], faults: [{route: '*'}]}\n"
    ).sandbox
    assert wish == SandboxWish("blog", ({"op": "replace", "path": "/a", "value": {"x": ["1"]}},), ({"route": "*"},))


def test_plain_scalars_of_drift_have_their_types(loaded: Loaded) -> None:
    wish = loaded(BASE + "sandbox: {drift: [1, '1', true, 'true', null, ~, 1.5, text]}\n").sandbox
    assert wish
    assert json.dumps(wish.drift) == '[1, "1", true, "true", null, null, 1.5, "text"]'


def test_reading_the_config_imports_nothing_heavy(folder: Path) -> None:
    (folder / "config.yml").write_text(spelled(BASE), encoding="utf-8")
    program = (
        "import sys; from pathlib import Path; from xtcheck.config import load; load(Path(sys.argv[1]));"
        "print(*{name.partition('.')[0] for name in sys.modules} & {'azure', 'boto3', 'msgraph', 'httpx', 'pytest'})"
    )
    command = [sys.executable, "-c", program, str(folder / "config.yml")]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "\n"
