"""SAML between the tenant and IAM Identity Center: signing certificate, and whose name is in the assertion.

Learn: entra/identity/saas-apps/aws-single-sign-on-tutorial. AWS: IAM Identity Center user guide, "SAML and SCIM with
Microsoft Entra ID" and "Using multiple AWS Regions".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from xtcheck.errors import Uninterpretable, Unwritable
from xtcheck.estate import Scope
from xtcheck.kinds.application import APP, APP_SHAPE, AREA, SCHEMA
from xtcheck.kinds.certificates import active, certificates, days_left, normal, preferred, published
from xtcheck.kinds.mappings import user_mapping
from xtcheck.kinds.mending import SAFE, SIGN_IN, by_hand, unsafe
from xtcheck.kinds.saml_addresses import SSO
from xtcheck.model import Break, Each, Fetch, Grade, Kind, List, Ref, Seen, Setting, Severity
from xtcheck.values import Absentable, AtLeast, Findings, Names, Text
from xtcheck.values.sources import source

Json = Any

_Kind = partial(Kind, home="tenant", subject="aws", area=AREA, place="enterprise-app", label="enterprise-app")

# --- certificate ----------------------------------------------------------------------------------------------------


def _days_left(seen: Seen) -> int:
    return days_left(seen.documents["saml"], seen.now)


SUBJECT = "CN=Microsoft Azure Federated SSO Certificate"
"""Of the certificates that Entra's console makes; the subject must begin with CN=, and cannot be changed."""
LIFE = 1095
"""So many days a new certificate lives, and none lives longer (Graph: serviceprincipal-addtokensigningcertificate)."""


def _sends_certificate(expected: int, seen: Seen) -> Mapping[str, Json]:
    """One certificate more; it signs nothing before it is chosen, so that AWS can be given it first.

    :raises Unwritable: there is one that waits for that, or none would last so long.
    """
    app = seen.documents["saml"]
    for each in certificates(app):
        if each.valid(seen.now) and (each.ends - seen.now).days >= expected:
            raise Unwritable(f"{each} is there and waits: import it in AWS, then state it in signing-thumbprint")
    if expected >= LIFE:
        raise Unwritable(f"a new certificate lives {LIFE} days at most")
    pair = [{"displayName": SUBJECT, "usage": usage} for usage in ("Sign", "Verify")]
    return {"keyCredentials": [*app["keyCredentials"], *pair]}


def _sends_thumbprint(expected: str, seen: Seen) -> Mapping[str, Json]:
    """:raises Unwritable: the app has no such certificate, or it is not valid now."""
    known = certificates(seen.documents["saml"])
    found = next((each for each in known if each.thumbprint == normal(expected)), None)
    if found is None:
        shown = ", ".join(map(str, known)) or "none at all"
        raise Unwritable(f"the app has no certificate of that thumbprint, but {shown}; Entra makes them, one by one")
    if not found.valid(seen.now):
        raise Unwritable(f"{found} is not valid now")
    return {"preferredTokenSigningKeyThumbprint": found.thumbprint}


def _one_certificate(seen: Seen) -> list[Json]:
    app = seen.documents["saml"]
    signing = active(app)
    found = []
    if not signing.valid(seen.now):
        found.append({"name": "", "text": f"the active certificate is not valid now: {signing}"})
    for certificate in certificates(app):
        if certificate.thumbprint != signing.thumbprint:
            text = f"besides the active one there is {certificate}"
            found.append({"name": certificate.thumbprint, "text": text})
    return found


_EXPIRED = Break("saml", "keyCredentials[usage=Verify].endDateTime", "2020-01-01T00:00:00Z")
_TO_COME = Break("saml", "keyCredentials[usage=Verify].startDateTime", "2098-01-01T00:00:00Z")


def _sets_addresses(expected: Json, document: Json) -> Mapping[str, Json]:
    there = [] if expected["exactly"] else list(document.get("notificationEmailAddresses") or ())
    known = {address.casefold() for address in there}
    return {"notificationEmailAddresses": there + [each for each in expected["names"] if each.casefold() not in known]}


SAML = _Kind(
    "saml",
    "SAML settings of the AWS enterprise app",
    parent=APP,
    mending=SIGN_IN,
    write=APP_SHAPE,
    settings=(
        Setting(
            "sign-on-url",
            Absentable(Text()),
            "Where Entra sends people who start at My Apps, when AWS shall begin sign-in; absent when Entra does.",
            path="loginUrl",
            remedy=f"{SSO} > Basic SAML configuration > Sign on URL",
        ),
        Setting(
            "signing-certificate",
            AtLeast("days"),
            "How many days the active SAML signing certificate is still valid. AWS refuses sign-in when it has ended, "
            "and one that begins later is not valid yet.",
            view=_days_left,
            sends=_sends_certificate,
            halfway="import it in AWS, and state its thumbprint in `signing-thumbprint`, which lets it sign",
            breaks=(_EXPIRED, _TO_COME),
            severity=Severity.CRITICAL,
            remedy=f"{SSO} > SAML certificates: add one, import it in AWS, then activate it here",
        ),
        Setting(
            "signing-certificates",
            Findings("one", exceptions="thumbprints", ignore_case=True),
            "The active signing certificate is valid now and the only one. While one replaces another there are two: "
            "name the other's thumbprint under except.",
            view=_one_certificate,
            breaks=(_EXPIRED, _TO_COME),
            severity=Severity.CRITICAL,
            mending=by_hand("which one AWS still trusts, only a person can see"),
            remedy=f"{SSO} > SAML certificates: delete what no longer signs, once AWS has forgotten it too; or, while "
            "one replaces the other, name it under except",
        ),
        Setting(
            "signing-thumbprint",
            Text(normal),
            "The SHA-1 thumbprint of the active signing certificate: the one that was imported in AWS. Where none is "
            "chosen, Entra picks one itself, and does not show which.",
            path="preferredTokenSigningKeyThumbprint",
            lacking="null",
            sends=_sends_thumbprint,
            severity=Severity.CRITICAL,
            mending=unsafe("sign-in breaks where AWS does not have that certificate yet: import it there first"),
            remedy=f"{SSO} > SAML certificates; if the new one is meant, import it in AWS and state it here",
        ),
        Setting(
            "expiry-notifications",
            Names("addresses", ignore_case=True),
            "To which addresses Microsoft writes before the signing certificate ends; [] when it writes to nobody.",
            path="notificationEmailAddresses",
            sets=_sets_addresses,
            mending=SAFE,
            remedy=f"{SSO} > SAML certificates > Edit > Notification email addresses",
        ),
    ),
)


def _metadata_reads(scope: Scope) -> Mapping[str, Ref]:
    return {"aws-app": APP.ref(scope), "federation-metadata": METADATA.ref(scope)}


def _metadata(seen: Seen) -> list[str]:
    app = seen.documents["aws-app"]
    signing, known = preferred(app), {certificate.thumbprint for certificate in certificates(app)}
    shown = published(seen.documents["federation-metadata"])
    extra = [f"it also has {thumbprint}, which is no certificate of the app" for thumbprint in shown
             if thumbprint not in known]  # fmt: skip
    lacking = [] if signing in shown else [f"the active certificate {signing} is not in it"]
    return [*lacking, *extra]


METADATA = _Kind(
    "federation-metadata",
    "federation metadata of the AWS enterprise app",
    source=Fetch("login:/{key}/federationmetadata/2007-06/federationmetadata.xml?appid={aws-app.appId}"),
    parent=APP,
    key="{tenant.id}",
    settings=(
        Setting(
            "federation-metadata",
            Findings("agrees"),
            "What anyone can download as the app's federation metadata, and what AWS was given, holds the active "
            "signing certificate, and none that the app does not have.",
            view=_metadata,
            reads=_metadata_reads,
            breaks=(
                Break("aws-app", "preferredTokenSigningKeyThumbprint", "0" * 40),
                Break("aws-app", "keyCredentials", []),
            ),
            severity=Severity.CRITICAL,
            mending=by_hand("Entra makes it of the certificates; which of them AWS was given, a person must see"),
            remedy=f"{SSO} > SAML certificates: compare the thumbprints; then import the metadata in AWS anew",
        ),
    ),
)

# --- whose name -----------------------------------------------------------------------------------------------------

NAME_ID = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"
USUAL_NAME = "userprincipalname"
"""What Entra puts into NameID when nobody chose: user.userprincipalname (Learn: saml-claims-customization)."""

CLAIMS = _Kind(
    "claims-policies",
    "claims mapping policies",
    source=List("/policies/claimsMappingPolicies"),
    permission="Policy.Read.All",
)

# The service principal's own list of policies takes a permission that writes; the policies' side does not.
CLAIMED = _Kind(
    "claims-policies-applied",
    "apps with claims mapping policies",
    source=Each(List("/policies/claimsMappingPolicies/{item.id}/appliesTo")),
    parent=CLAIMS,
    permission="Application.Read.All",
)


def name_id_source(policies: list[Json]) -> str:
    """The user attribute that the NameID is made of, in small letters, when these policies may apply.

    :raises Uninterpretable: it is computed, or not told by these policies alone.
    """
    names = {_name_id(json.loads(text)) for policy in policies for text in policy["definition"]} or {USUAL_NAME}
    if len(names) != 1:
        raise Uninterpretable(f"{len(policies)} claims mapping policies, which make different names, may apply")
    return names.pop()


def _name_id(definition: Json) -> str:
    for claim in definition["ClaimsMappingPolicy"].get("ClaimsSchema", ()):
        if claim.get("SamlClaimType") == NAME_ID:
            if str(claim.get("Source")).lower() != "user":
                raise Uninterpretable("a claims mapping policy computes the NameID; look at it there")
            return str(claim["ID"]).lower()
    return USUAL_NAME


def name_id(seen: Seen) -> str:
    """The user attribute that the app's NameID is made of, in small letters, by the documents of :func:`name_reads`.

    :raises Uninterpretable: it is computed, or not told.
    """
    app = seen.documents["aws-app"]
    applied = any(item["id"] == app["id"] for item in seen.documents["claims-policies-applied"] or ())
    policies = seen.documents["claims-policies"] or []
    # Which policy an app of the joined list belongs to is not known: with several, all must say the same.
    return name_id_source([policy for policy in policies if applied or policy["isOrganizationDefault"] is True])


def _same_name(seen: Seen) -> list[str]:
    name, schema = name_id(seen), seen.documents["aws-schema"]
    mapped = [mapping for mapping in user_mapping(schema)["attributeMappings"]
              if mapping["targetAttributeName"] == "userName"]  # fmt: skip
    if len(mapped) != 1:
        return [f"userName is mapped {len(mapped)} times"]
    where = source(mapped[0]["source"])
    if str(where.get("direct", "")).lower() == name:
        return []
    ((form, text),) = where.items()
    return [f"SCIM makes userName of {form} {text}, SAML the NameID of user.{name}"]


def name_reads(scope: Scope) -> Mapping[str, Ref]:
    """What tells what the NameID and the user name are made of."""
    return {
        "aws-app": APP.ref(scope),
        "aws-schema": SCHEMA.ref(scope),
        "claims-policies": CLAIMS.ref(scope),
        "claims-policies-applied": CLAIMED.ref(scope),
    }


def claims(attribute: str) -> str:
    """The definition of a claims mapping policy whose NameID is a user's attribute."""
    schema = [{"Source": "user", "ID": attribute, "SamlClaimType": NAME_ID}]
    return json.dumps({"ClaimsMappingPolicy": {"Version": 1, "IncludeBasicClaimSet": "true", "ClaimsSchema": schema}})


USER_NAME = (
    "synchronizationRules[].objectMappings[enabled=true,sourceObjectName=User]"
    ".attributeMappings[targetAttributeName=userName].source"
)

NAMES = _Kind(
    "name-id",
    "name in assertions of the AWS enterprise app",
    parent=APP,
    settings=(
        Setting(
            "name-id",
            Findings("same-as-user-name"),
            "SAML's NameID and SCIM's userName are made of the same attribute; otherwise sign-in fails although both "
            "halves look well. The NameID is taken from claims mapping policies, else it is user.userprincipalname: "
            "claims edited in the portal are not visible to the API, so this is concluded, not seen.",
            view=_same_name,
            reads=name_reads,
            breaks=(
                Break("aws-schema", USER_NAME, {"type": "Attribute", "expression": "[mail]", "name": "mail"}),
                Break("claims-policies", "#definition", [claims("mail")]),
            ),
            grade=Grade.INFERRED,
            attestable=True,
            severity=Severity.BLOCKER,
            remedy=f"{SSO} > Attributes & Claims > Unique User Identifier, and Provisioning > Mappings > userName",
        ),
    ),
)

KINDS = (SAML, METADATA, CLAIMS, CLAIMED, NAMES)
