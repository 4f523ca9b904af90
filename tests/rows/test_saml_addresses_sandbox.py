"""The SAML addresses of the AWS app, compliant and broken in each way, in the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rows import arrived
from tests.rows.arrived import SHARED, Chain, changed
from xtcheck.model import Json, Verdict
from xtcheck.sandbox.worlds import blog, names

POLICY = """
applies-to: aws
enterprise-app: {saml-identifier: of-identity-center, reply-url-forms: complete, reply-urls: {includes: ['%s']}}
"""
APP = names.object_id(SHARED, "application", blog.AWS_APP)
IDENTIFIER, FORMS, URLS = "saml-identifier", "reply-url-forms", "reply-urls"


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with arrived.chain() as made:
        yield made


def there(chain: Chain) -> list[str]:
    """The reply URLs of the good world."""
    urls: list[str] = chain.state.tree["tenants"]["shared"]["applications"][APP]["web"]["redirectUris"]
    return urls


def identified(*identifiers: str) -> Json:
    return changed("shared", "applications", APP, "identifierUris", list(identifiers))


def replying(*urls: str) -> Json:
    web = changed("shared", "applications", APP, "web/redirectUris", list(urls))
    return {**web, "path": web["path"].replace("~1", "/")}


def test_in_the_good_world_all_addresses_hold(chain: Chain, tmp_path: Path) -> None:
    judged = chain.judged(POLICY % there(chain)[0], tmp_path)
    assert {one.verdict for one in judged.values()} == {Verdict.COMPLIANT}


CENTER = "https://us-east-1.signin.aws.amazon.com/platform/saml"
IPV4, DUAL = "https://us-east-1.signin.aws/platform/saml/acs/1", "https://us-east-1.sso.signin.aws/platform/saml/acs/1"
WEST = [url.replace("us-east-1", "eu-west-1") for url in (IPV4, DUAL)]
BROKEN = {
    "another identifier": (identified(f"{CENTER}/d-0"), IDENTIFIER, "is not among the identifiers"),
    "no identifier": (identified(), IDENTIFIER, "is not among the identifiers: none"),
    "no reply URL": (replying(), FORMS, "no address is of us-east-1"),
    "a reply URL of somebody else": (
        replying(f"{CENTER}/acs/1", "https://elsewhere.example/acs"), FORMS, "is no address of Identity Center's",
    ),
    "half of a pair": (replying(IPV4), FORMS, "has the IPv4 address without the dual-stack one"),
    "the other half": (replying(DUAL), FORMS, "has the dual-stack address without the IPv4 one"),
    "two instances": (replying(f"{CENTER}/acs/1", f"{CENTER}/acs/2"), FORMS, "are of 2 Identity Centers"),
    "another Region": (replying(*WEST), FORMS, "no address is of us-east-1"),
    "not the declared one": (replying(IPV4, DUAL), URLS, "missing"),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_each_way_of_being_broken_is_told(chain: Chain, tmp_path: Path, how: str) -> None:
    operation, name, said = BROKEN[how]
    judged = chain.judged(POLICY % there(chain)[0], tmp_path, operation)
    found = judged[f"aws-main/enterprise-app.{name}"]
    assert found.verdict is Verdict.DRIFT, found
    assert any(said in line for line in found.differences), found.differences
