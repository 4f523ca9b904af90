"""Tenants themselves: what they are called, where they are, who may be invited into them, and how guests are paid for.

Graph: learn.microsoft.com/graph/api/resources/organization and authorizationpolicy. Name, country and initial domain
cannot be written by Graph. Who may read too little gets null instead of an error: null is never a value here.
"""

from __future__ import annotations

from functools import partial

from xtcheck.kinds.mending import NO_API, tightening
from xtcheck.model import Get, Grade, Kind, List, Setting, Severity
from xtcheck.shapes import Merge, Send, Window
from xtcheck.values import AnyOf, Choice, Text

AREA = "tenants"
SHOWN = Window("tenant-policies", 5, 120, "directory objects are replicated within a minute or two")
PROPERTIES = "Entra admin center > Overview > Properties"
CREATED = "it was fixed when the tenant was created: check the tenant id in config.yml, or ask Microsoft support"

tenant_kind = partial(Kind, home="tenant", place="tenant", label="tenant", area=AREA)
"""A kind whose rows stand under ``tenant:``."""

ORGANIZATION = tenant_kind(
    "organization",
    "organization profile",
    source=List("/organization?$select={select}"),
    key="{tenant.id}",
    pick="id",
    fold=True,
    fields=("id",),
    permission="Organization.Read.All",
    essential=True,
    mending=NO_API,
    settings=(
        Setting(
            "display-name",
            Text(never_null=True),
            "The tenant's name, as its users see it.",
            path="displayName",
            severity=Severity.MINOR,
            remedy=f"{PROPERTIES} > Name",
        ),
        Setting(
            "country",
            Text(
                str.upper,
                never_null=True,
                examples=("US", "SE"),
                form="[A-Za-z]{2}",
                hint="write two letters (ISO 3166-1), e.g. US",
            ),
            "The tenant's country or region by its two letters (ISO 3166-1): it decides where data is stored.",
            path="countryLetterCode",
            remedy=CREATED,
        ),
        Setting(
            "initial-domain",
            Text(str.lower, never_null=True, form=r"[A-Za-z0-9.-]+", hint="write it like example.onmicrosoft.com"),
            "The domain that the tenant was created with, regardless of letter case and of domains added later.",
            path="verifiedDomains[isInitial=true].name",
            severity=Severity.CRITICAL,
            remedy=CREATED,
        ),
        Setting(
            "guest-billing",
            Choice({"linked": "linked", "not-linked": "not-linked"}),
            "Whether a subscription is linked that pays for external users beyond the free monthly active ones.",
            grade=Grade.ATTESTED,
            attestable=True,
            severity=Severity.MINOR,
            remedy="Entra admin center > External Identities > Linked subscriptions",
        ),
    ),
)

AUTHORIZATION = tenant_kind(
    "authorization-policy",
    "authorization policy",
    source=Get("/policies/authorizationPolicy"),
    permission="Policy.Read.All",
    # Graph: authorizationpolicy-update.
    write=Merge(Send("PATCH", "/policies/authorizationPolicy", "Policy.ReadWrite.Authorization"), {}, SHOWN, order=10),
    settings=(
        Setting(
            "guest-invitations",
            AnyOf(
                Choice(
                    {
                        "none": "none",
                        "admins-and-guest-inviters": "adminsAndGuestInviters",
                        "admins-guest-inviters-and-all-members": "adminsGuestInvitersAndAllMembers",
                        "everyone": "everyone",
                    }
                )
            ),
            "Who may invite guests. With `none`, synchronization into the tenant fails with "
            "AzureActiveDirectoryForbidden; each of the others lets it work.",
            path="allowInvitesFrom",
            severity=Severity.CRITICAL,
            mending=tightening(
                "none",
                "admins-and-guest-inviters",
                "admins-guest-inviters-and-all-members",
                "everyone",
                why="the fewer may invite, the tighter",
            ),
            remedy="Entra admin center > External Identities > External collaboration settings > Guest invite settings",
        ),
    ),
)

KINDS = (ORGANIZATION, AUTHORIZATION)
