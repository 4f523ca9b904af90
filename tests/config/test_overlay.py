"""A sandbox over the connections of the tenants that it plays: addresses, trust and credentials, and nothing else."""

from __future__ import annotations

import os
import stat
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.config.conftest import BASE, WORDS, Loaded, with_aws
from xtcheck.config import overlay
from xtcheck.connection import AwsCredential, EntraCredential
from xtcheck.errors import XtcheckError

SECRETS = {"client-secret": "entra-secret", "secret-access-key": "aws-secret", "scim": "scim-secret"}


@pytest.fixture
def printed(folder: Path) -> dict[str, Any]:
    """What a sandbox prints."""
    tenants = {
        alias: {
            "id": WORDS[f"<{alias}>"].upper(),
            "endpoints": {"login": "https://127.0.0.1:1", "graph": "https://127.0.0.1:1/graph"},
            "client-id": WORDS["<client>"],
            "client-secret": SECRETS["client-secret"],
        }
        for alias in ("one", "two", "shared")
    }
    center = {
        "account": "111122223333",
        "region": "us-east-1",
        "endpoints": {"sts": "https://127.0.0.1:1/aws/sts"},
        "access-key-id": "key-id",
        "secret-access-key": SECRETS["secret-access-key"],
        "scim": {"endpoint": "https://127.0.0.1:1/scim", "token": SECRETS["scim"]},
    }
    return {"ca": str(folder / "keys" / "ca.pem"), "tenants": tenants, "aws": {"center": center}}


def test_addresses_trust_and_credentials_are_the_sandboxs(loaded: Loaded, printed: dict[str, Any]) -> None:
    config = overlay(loaded(BASE), printed)
    tenant, center = config.connections["one"], config.connections["aws-main"]
    assert tenant.graph == "https://127.0.0.1:1/graph"
    assert tenant.ca_bundle == center.ca_bundle == printed["ca"]
    assert isinstance(tenant.credential, EntraCredential)
    assert (tenant.credential.type, tenant.credential.client_id) == ("client-secret", WORDS["<client>"])
    assert tenant.credential.secret
    assert tenant.credential.secret.reveal() == SECRETS["client-secret"]
    assert isinstance(center.credential, AwsCredential)
    assert center.credential.access_key_id
    assert center.credential.secret_access_key
    assert center.scim_token
    assert center.credential.access_key_id.reveal() == "key-id"
    assert center.credential.secret_access_key.reveal() == SECRETS["secret-access-key"]
    assert center.scim_token.reveal() == SECRETS["scim"]


def test_who_and_what_is_declared_stays(loaded: Loaded, printed: dict[str, Any]) -> None:
    before = loaded(BASE)
    after = overlay(before, printed)
    assert (after.estate, after.policies, after.path) == (before.estate, before.policies, before.path)
    for place, connection in before.connections.items():
        assert after.connections[place].identity == connection.identity
        assert after.connections[place].region == connection.region


def test_no_real_address_or_secret_is_left(loaded: Loaded, printed: dict[str, Any]) -> None:
    """A real token must not go to the sandbox, nor the sandbox's to a real service."""
    real = "endpoints: {cloudtrail: 'https://true-aws'}, scim: {endpoint: 'https://true-aws', token: {env: TRUE_TOKEN}}"
    del printed["aws"]["center"]["scim"]
    connection = overlay(loaded(with_aws(real)), printed).connections["aws-main"]
    assert connection.scim_token is None
    assert "true" not in repr(connection).lower()


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_secrets_lie_in_private_files_beside_the_ca(loaded: Loaded, printed: dict[str, Any], folder: Path) -> None:
    overlay(loaded(BASE), printed)
    overlay(loaded(BASE), printed)
    files = [path for path in (folder / "keys").iterdir() if path.name.startswith("secret-")]
    assert len(files) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_no_secret_stands_in_the_config(loaded: Loaded, printed: dict[str, Any]) -> None:
    text = repr(overlay(loaded(BASE), printed))
    assert not [secret for secret in SECRETS.values() if secret in text]


def test_a_secret_that_the_sandbox_keeps_in_a_file_is_not_copied(
    loaded: Loaded, printed: dict[str, Any], folder: Path
) -> None:
    for entry in (*printed["tenants"].values(), *printed["aws"].values()):
        entry["secret-file"] = str(folder / "keys" / "me.pem")
    config = overlay(loaded(BASE), printed)
    tenant, center = config.connections["one"].credential, config.connections["aws-main"].credential
    assert isinstance(tenant, EntraCredential)
    assert isinstance(center, AwsCredential)
    assert str(tenant.secret) == str(center.secret_access_key) == str(folder / "keys" / "me.pem")


def test_whom_the_world_lacks_is_named(loaded: Loaded, printed: dict[str, Any], folder: Path) -> None:
    less = deepcopy(printed)
    del less["tenants"]["one"]
    less["aws"]["center"]["region"] = "eu-west-1"
    with pytest.raises(XtcheckError) as caught:
        overlay(loaded(BASE), less)
    assert str(caught.value) == (
        f"the sandbox's world has no one ({WORDS['<one>']}), aws-main (111122223333 us-east-1);"
        f" it plays 111122223333 eu-west-1, {WORDS['<two>']}, {WORDS['<shared>']}"
    )
    assert not list((folder / "keys").glob("secret-*"))
