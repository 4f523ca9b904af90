"""What only a person can do, in the console of IAM Identity Center; played for tests by the admin endpoint.

None of it has a public API (IAM Identity Center user guide: manage-your-identity-source, provision-automatically,
howtochangeURL, rotate-token, managesamlcerts).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from xtcheck.sandbox.aws import events
from xtcheck.sandbox.graph import templates
from xtcheck.sandbox.state import State
from xtcheck.sandbox.wire import Json

EXTERNAL, DIRECTORY = "external-provider", "identity-center-directory"
_ALIAS = re.compile(r"(?!d-)[a-z0-9](?:[a-z0-9]|-(?!-)){1,62}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Step:
    """One step under way: where, and what the person enters."""

    state: State
    aws: Json
    entered: Mapping[str, Json]

    @property
    def store(self) -> str:
        """The identity store of the instance."""
        return str(next(iter(self.aws["identityStores"])))

    def record(self, source: str, name: str, **parameters: Json) -> None:
        """Leave the step in CloudTrail's history."""
        told = {"directoryId": self.store, **parameters}
        self.aws["events"].append(events.event(self.aws, self.state.clock.now(), source, name, requestParameters=told))


def play(state: State, document: Json) -> Json:
    """Do one step, ``{step, aws, …}``; what the console then shows.

    :raises ValueError: there is no such step, it wants something else first, or something that was not entered.
    """
    if not isinstance(document, dict) or document.get("step") not in STEPS:
        raise ValueError(f"'step' is one of {', '.join(STEPS)}")
    known = state.tree["aws"]
    alias = document.get("aws", next(iter(known), None))
    if alias not in known:
        raise ValueError(f"'aws' is one of {', '.join(known)}")
    step, words = STEPS[document["step"]]
    unknown = set(document) - {"step", "aws", *words}
    if unknown:
        raise ValueError(f"{document['step']} does not know {min(unknown)!r}")
    return step(Step(state, known[alias], document))


def _show_metadata(step: Step) -> Json:
    """Settings > Identity source > Change identity source: the service provider's metadata, for upload to Entra."""
    root = f"https://{step.aws['region']}.signin.aws.amazon.com/platform/saml"
    return {"identifier": f"{root}/{step.store}", "reply-url": f"{root}/acs/{step.aws['acs']}"}


def _change_source(step: Step) -> Json:
    """… and the identity provider's metadata uploaded: the certificate that signs now is what AWS trusts."""
    thumbprint = _thumbprint(step)
    if step.aws["identitySource"] == EXTERNAL:
        raise ValueError("the identity source is an external provider already; import-certificate adds a certificate")
    step.aws["identitySource"] = EXTERNAL
    step.aws["identityProviderCertificates"] = [thumbprint]
    step.record(events.DIRECTORY, "CreateExternalIdPConfigurationForDirectory")
    step.record(events.DIRECTORY, "ImportExternalIdPCertificate")
    step.record(events.DIRECTORY, "EnableExternalIdPConfigurationForDirectory")
    step.record("sso.amazonaws.com", "AssociateDirectory", directoryType="ExternalIdP")
    return {"certificate": thumbprint}


def _thumbprint(step: Step) -> str:
    """The certificate in the metadata of the tenant's application: the preferred one, unless another is named."""
    tenant = step.state.tree["tenants"][step.aws["federatedFrom"]]
    found = [
        principal["preferredTokenSigningKeyThumbprint"]
        for principal in tenant["servicePrincipals"].values()
        if principal["applicationTemplateId"] == templates.AWS and principal["preferredTokenSigningKeyThumbprint"]
    ]
    named = step.entered.get("thumbprint")
    if named is None and len(found) != 1:
        raise ValueError(f"there are {len(found)} applications with a signing certificate: no metadata to upload")
    return str(named or found[0])


def _external(step: Step) -> None:
    if step.aws["identitySource"] != EXTERNAL:
        raise ValueError("the identity source must be an external provider first: change-identity-source")


def _import_certificate(step: Step) -> Json:
    """Settings > Identity source > Manage authentication > Manage SAML certificates: one more is trusted."""
    _external(step)
    thumbprint = _thumbprint(step)
    if thumbprint not in step.aws["identityProviderCertificates"]:
        step.aws["identityProviderCertificates"].append(thumbprint)
    step.record(events.DIRECTORY, "ImportExternalIdPCertificate")
    return {"certificates": step.aws["identityProviderCertificates"]}


def _enable_provisioning(step: Step) -> Json:
    """Settings > Automatic provisioning > Enable: the endpoint, and the token, which is shown this once."""
    _external(step)
    scim = step.aws["scim"]
    if scim.get("enabled", True):
        raise ValueError("automatic provisioning is enabled already; generate-token makes another token")
    scim["enabled"] = True
    step.record(events.DIRECTORY, "CreateProvisioningTenant")
    step.record(events.DIRECTORY, "CreateBearerToken", tenantId=scim["tenant"])
    return _shown(step)


def _shown(step: Step) -> Json:
    scim = step.aws["scim"]
    endpoint = f"https://scim.{step.aws['region']}.amazonaws.com/{scim['tenant']}/scim/v2"
    return {"endpoint": endpoint, "token": scim["token"]}


def _generate_token(step: Step) -> Json:
    """Settings > Automatic provisioning > Generate token: here the old one ends with it."""
    scim = step.aws["scim"]
    if not scim.get("enabled", True):
        raise ValueError("automatic provisioning must be enabled first: enable-provisioning")
    scim["token"] = secrets.token_urlsafe(24)
    step.record(events.DIRECTORY, "CreateBearerToken", tenantId=scim["tenant"])
    return _shown(step)


def _choose_portal(step: Step) -> Json:
    """Settings > Identity source > AWS access portal URL > Customize: once, and for good."""
    alias = step.entered.get("alias")
    if step.aws["portalAlias"]:
        raise ValueError("the address of the access portal can be chosen once only")
    if not isinstance(alias, str) or not _ALIAS.fullmatch(alias):
        raise ValueError("'alias' is a name of letters, digits and single dashes")
    step.aws["portalAlias"] = alias
    step.record(events.DIRECTORY, "CreateAlias", alias=alias)
    return {"portal": f"https://{alias}.awsapps.com/start"}


def _sign_in(step: Step) -> Json:
    """Somebody whom the identity store has signs in to the access portal by way of Entra ID."""
    _external(step)
    users = step.aws["identityStores"][step.store]["users"]
    wanted = step.entered.get("user")
    found = [key for key, user in users.items() if wanted in (None, user["UserName"])]
    if not found:
        raise ValueError(f"the identity store has no user {wanted or 'at all'}")
    step.aws["events"].append(events.sign_in(step.aws, found[0], step.state.clock.now()))
    return {"user": users[found[0]]["UserName"]}


STEPS: dict[str, tuple[Callable[[Step], Json], tuple[str, ...]]] = {
    "show-metadata": (_show_metadata, ()),
    "change-identity-source": (_change_source, ("thumbprint",)),
    "import-certificate": (_import_certificate, ("thumbprint",)),
    "enable-provisioning": (_enable_provisioning, ()),
    "generate-token": (_generate_token, ()),
    "choose-portal": (_choose_portal, ("alias",)),
    "sign-in": (_sign_in, ("user",)),
}
"""The steps by name, with what may be entered besides."""
