"""The SAML addresses of the AWS enterprise app: identifier, reply URLs in every form that is in use, sign-on URL.

Learn: entra/identity/saas-apps/aws-single-sign-on-tutorial. AWS: IAM Identity Center user guide, "Using multiple AWS
Regions".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from xtcheck.errors import Uninterpretable, Unwritable
from xtcheck.estate import Scope
from xtcheck.kinds.application import AREA, CONSOLE, REGISTRATION
from xtcheck.kinds.center import INSTANCE
from xtcheck.kinds.mending import SIGN_IN, by_hand
from xtcheck.model import Break, Kind, Ref, Seen, Setting, Severity
from xtcheck.values import Findings, Names

Json = Any

SSO = f"{CONSOLE} > Single sign-on"
_Kind = partial(Kind, home="tenant", subject="aws", area=AREA, place="enterprise-app", label="enterprise-app")

FORMS = {"signin.aws.amazon.com": "legacy", "signin.aws": "IPv4", "sso.signin.aws": "dual-stack"}
"""The hosts, after the Region, of Identity Center's assertion consumer services."""
_REPLY = re.compile(
    r"https://(?P<region>[a-z0-9-]+)\.(?P<host>signin\.aws\.amazon\.com|signin\.aws|sso\.signin\.aws)"
    r"/platform/saml/acs/(?P<id>[^/?#]+)"
)

OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-")
"""Regions outside the partition ``aws``, by how their names begin: their consoles show addresses of other forms."""


def saml_identifier(region: str, store: str) -> str:
    """The entity ID of an Identity Center: AWS user guide, "Change your identity source", service provider metadata."""
    return f"https://{region}.signin.aws.amazon.com/platform/saml/{store}"


def _registration_reads(scope: Scope) -> Mapping[str, Ref]:
    return {"aws-registration": REGISTRATION.ref(scope), "instance": INSTANCE.ref(scope)}


def _identifier(seen: Seen) -> list[str]:
    instance, registration = seen.documents["instance"], seen.documents["aws-registration"]
    if instance is None:
        return ["there is no Identity Center instance to compute it from"]
    if registration is None:
        return ["the enterprise app has no application object"]
    identifiers = registration["identifierUris"]
    store = instance.get("IdentityStoreId")
    if not isinstance(store, str):
        raise Uninterpretable("the instance shows no identity store")
    if not isinstance(identifiers, list):
        raise Uninterpretable("identifierUris is not a list")
    wanted = saml_identifier(_region(instance), store)
    shown = ", ".join(map(str, identifiers)) or "none"
    return [] if wanted in identifiers else [f"{wanted} is not among the identifiers: {shown}"]


def _sends_identifier(_expected: Json, seen: Seen) -> Mapping[str, Json] | None:
    """Identity Center's comes first, and what else is there stays: something may still sign in by it."""
    instance, registration = seen.documents["instance"], seen.documents["aws-registration"]
    if instance is None:
        raise Unwritable("there is no Identity Center instance of which the identifier follows")
    wanted = saml_identifier(_region(instance), instance["IdentityStoreId"])
    return {"identifierUris": [wanted, *registration["identifierUris"]]}


def _sets_urls(expected: Json, document: Json) -> Mapping[str, Json]:
    there = [] if expected["exactly"] else list(document["web"]["redirectUris"])
    return {"web.redirectUris": there + [url for url in expected["names"] if url not in there]}


def _region(instance: Json) -> str:
    region = instance.get("PrimaryRegion")
    if not isinstance(region, str):
        raise Uninterpretable("the instance shows no primary region")
    if region.startswith(OTHER_PARTITIONS):
        raise Uninterpretable(f"which addresses Identity Center has in {region} is not documented; see its console")
    return region


def reply_url_gaps(urls: list[str], primary: str) -> list[str]:
    """What is wrong with reply URLs as a set.

    A Region in which one of the two newer forms is used needs both: which of them a sign-in comes from is the
    browser's and the CLI's choice, and the one that lacks ends in AADSTS50011. The legacy form stands alone with
    instances that were enabled before February 2026.
    """
    found, gaps = [], []
    for url in urls:
        form = _REPLY.fullmatch(url)
        if form:
            found.append((form["region"], FORMS[form["host"]], form["id"]))
        else:
            gaps.append(f"{url} is no address of Identity Center's assertion consumer service")
    centers = sorted({id_ for _, _, id_ in found})
    if len(centers) > 1:
        gaps.append(f"the addresses are of {len(centers)} Identity Centers: {', '.join(centers)}")
    for region in sorted({region for region, _, _ in found}):
        forms = {form for where, form, _ in found if where == region}
        if len(forms & {"IPv4", "dual-stack"}) == 1:
            there, lacking = ("IPv4", "dual-stack") if "IPv4" in forms else ("dual-stack", "IPv4")
            gaps.append(f"{region} has the {there} address without the {lacking} one")
    if primary not in {region for region, _, _ in found}:
        gaps.append(f"no address is of {primary}, the instance's primary region")
    return gaps


def _reply_forms(seen: Seen) -> list[str]:
    instance, registration = seen.documents["instance"], seen.documents["aws-registration"]
    if instance is None or registration is None:
        return ["there is no Identity Center instance, or the enterprise app has no application object"]
    urls = registration["web"]["redirectUris"]
    if not isinstance(urls, list):
        raise Uninterpretable("web.redirectUris is not a list")
    return reply_url_gaps(urls, _region(instance))


_LEGACY = "https://us-east-1.signin.aws.amazon.com/platform/saml/acs/0"
_OTHER = "https://eu-west-1.signin.aws.amazon.com/platform/saml"

ADDRESSES = _Kind(
    "saml-addresses",
    "SAML addresses of the AWS enterprise app",
    parent=REGISTRATION,
    mending=SIGN_IN,
    write=REGISTRATION.write,
    settings=(
        Setting(
            "saml-identifier",
            Findings("of-identity-center"),
            "The app's SAML identifiers include the entity ID that follows from the instance's region and store.",
            view=_identifier,
            sends=_sends_identifier,
            reads=_registration_reads,
            breaks=(
                Break("aws-registration", "identifierUris", [f"{_OTHER}/d-0"]),
                Break("instance", "IdentityStoreId", "d-9067ffffff"),
            ),
            severity=Severity.CRITICAL,
            mending=SIGN_IN,
            remedy=f"{SSO} > Basic SAML configuration > Identifier",
        ),
        Setting(
            "reply-urls",
            Names("reply URLs"),
            "The addresses to which Entra may send assertions. AWS makes them; no API shows them there, so a policy "
            "carries them as the console's service provider metadata has them.",
            path="web.redirectUris",
            sets=_sets_urls,
            severity=Severity.CRITICAL,
            remedy=f"{SSO} > Basic SAML configuration > Reply URL",
        ),
        Setting(
            "reply-url-forms",
            Findings("complete"),
            "The reply URLs are Identity Center's (legacy, IPv4 and dual-stack forms), all of one instance, and no "
            "Region has only one of the two newer forms: sign-in from the CLI would fail with AADSTS50011.",
            view=_reply_forms,
            reads=_registration_reads,
            breaks=(
                Break("aws-registration", "web.redirectUris", ["https://us-east-1.sso.signin.aws/platform/saml/acs/0"]),
                Break("aws-registration", "web.redirectUris", [_LEGACY, f"{_OTHER}/acs/1"]),
                Break("instance", "PrimaryRegion", "ap-southeast-2"),
            ),
            severity=Severity.CRITICAL,
            mending=by_hand("AWS makes the addresses: state them in reply-urls, which is written"),
            remedy=f"{SSO} > Basic SAML configuration > Reply URL: add every address of the AWS metadata",
        ),
    ),
)

KINDS = (ADDRESSES,)
