"""What only a person does, in the console of IAM Identity Center: the steps in the order in which it wants them.

None has a public API. IAM Identity Center user guide: how-to-connect-idp, provision-automatically, howtochangeURL. The
rows that show that a step was done are concluded from what the console leaves in CloudTrail.
"""

from __future__ import annotations

from dataclasses import dataclass

from xtcheck.kinds.center import CONSOLE


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    ``enter`` are its sentences; ``{kind.field}`` in one is a field of an object that leads to its rows, ``{kind.key}``
    what a policy expects of a row, and a sentence of which one is not known is left out. The step is open while none of
    the rows ``shown_by`` is well; ``before`` are kinds and rows that cannot be well before it is done.
    """

    place: str
    enter: tuple[str, ...]
    shown_by: frozenset[str]
    before: frozenset[str] = frozenset()
    unanswered: bool = False
    """That nothing answers is how it shows that the step is open."""


STEPS = (
    Step(
        f"{CONSOLE} > Settings > Identity source > Actions > Change identity source > External identity provider",
        (
            "the ACS URL that is shown there must be what reply-urls says: {saml-addresses.reply-urls}",
            "upload Entra's metadata: the Federation Metadata XML at Single sign-on > SAML certificates of the app",
            "the certificate in it is {aws-app.preferredTokenSigningKeyThumbprint}",
            "review, and enter ACCEPT",
        ),
        shown_by=frozenset({"identity-source.identity-source"}),
        before=frozenset({"identity-provider-certificate", "mfa"}),
    ),
    Step(
        f"{CONSOLE} > Settings > Automatic provisioning > Enable",
        (
            "the SCIM endpoint that is shown then is scim.endpoint of config.yml",
            "the access token, which is shown only then, goes into the variable that scim.token names",
            "run the same command again",
        ),
        shown_by=frozenset({"center-scim-token.scim-token-validity", "identity-store.scim-issuers"}),
        before=frozenset(
            {
                "scim-secrets.scim-endpoint",
                "scim-secrets.scim-token",
                "scim-job.provisioning",
                "scim-job.health",
                "center-scim-requests",
                "center-group",
                "center-memberships",
                "carried-people",
                "refusable-people",
                "people",
                "account-assignments.assignments",
                "account-people",
                "access",
            }
        ),
    ),
    Step(
        f"{CONSOLE} > Dashboard > AWS access portal URL > Customize",
        ("enter {portal}", "it can be chosen once only"),
        shown_by=frozenset({"portal.region"}),
        unanswered=True,
    ),
    Step(
        "https://{portal}.awsapps.com/start",
        ("once people have been provisioned, one of them signs in",),
        shown_by=frozenset({"portal-owner.instance"}),
        before=frozenset({"identity-source", "mfa"}),
    ),
)
